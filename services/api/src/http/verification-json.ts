import type { RateLimitState, Verification } from "@itsy/contract";

/** Printable ASCII without what JSON escapes. */
const PLAIN = /^[ !#-[\]-~]*$/;

const isPlain = (text: string | null): boolean => text === null || PLAIN.test(text);

const isEmpty = (record: Readonly<Record<string, string>>): boolean => {
  for (const _ in record) return false;
  return true;
};

const rateLimitJson = ({ limit, remaining, resetMs }: RateLimitState): string =>
  `{"limit":${limit},"remaining":${remaining},"resetMs":${resetMs}}`;

export interface JsonText {
  readonly text: string;
  /** Of the text as UTF-8. */
  readonly bytes: number;
}

const textOf = (value: Verification): JsonText => {
  const text = JSON.stringify(value);
  return { text, bytes: Buffer.byteLength(text) };
};

/**
 * `JSON.stringify` of a verification, character for character, without its cost in the case that counts: the key has
 * neither metadata nor permissions, and nothing in its names needs escaping. Ids, slugs and environments never do.
 */
export const verificationJson = (verification: Verification): JsonText => {
  if (!verification.valid) return textOf(verification);
  const { keyId, workspace, project, environment, name, owner, metadata, permissions, rateLimit } = verification;
  if (!isPlain(name) || !isPlain(owner) || permissions.length > 0 || !isEmpty(metadata)) return textOf(verification);
  const text =
    `{"valid":true,"keyId":"${keyId}","workspace":"${workspace}","project":"${project}",` +
    `"environment":"${environment}","name":"${name}","owner":${owner === null ? "null" : `"${owner}"`},` +
    `"metadata":{},"permissions":[],"rateLimit":${rateLimitJson(rateLimit)}}`;
  return { text, bytes: text.length };
};
