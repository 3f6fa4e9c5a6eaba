/**
 * What the middleware of this package say in HTTP, without the verifier: where a key is read from, and how each answer
 * is told. For servers that verify in another way and shall answer in the same words. Imports nothing at run time.
 */
export { type Credential, type CredentialFlaw, type HeaderSource, readCredential } from "./credential.ts";
export { type Denial, type HttpAnswer, httpAnswerOf, PROBLEM_TYPE, type Problem, type Unidentified } from "./denial.ts";
export { acceptedFields, type HeaderFields } from "./rate-limit-fields.ts";
