export {
  type Accepted,
  isOutage,
  type Refused,
  type Unavailable,
  type UnavailableReason,
  type VerifiedKey,
  type VerifierAnswer,
  type VerifierRefusalCode,
} from "./answer.ts";
export type { BreakerSettings } from "./breaker.ts";
export { type Credential, type CredentialFlaw, type HeaderSource, readCredential } from "./credential.ts";
export { type Denial, type HttpAnswer, httpAnswerOf, type Problem, type Unidentified } from "./denial.ts";
export { hasPermissions } from "./has-permissions.ts";
export { acceptedFields, type HeaderFields } from "./rate-limit-fields.ts";
export type { CallReport, RetrySettings, VerifierOptions } from "./settings.ts";
export { createVerifier, type Verifier, type VerifyCallOptions } from "./verifier.ts";
export { VerifierError, type VerifierErrorCode } from "./verifier-error.ts";
