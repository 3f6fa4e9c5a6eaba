import type { RateLimitState, Verification } from "@itsy/contract";

/** Printable ASCII without what JSON escapes. */
const PLAIN = /^[ !#-[\]-~]*$/;

const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

const orNull = (text: string | null): string => (text === null ? "null" : quoted(text));

const isEmpty = (record: Readonly<Record<string, string>>): boolean => {
  for (const _ in record) return false;
  return true;
};

const rateLimitJson = ({ limit, remaining, resetMs }: RateLimitState): string =>
  `{"limit":${limit},"remaining":${remaining},"resetMs":${resetMs}}`;

/** `JSON.stringify` of a verification, character for character, without its cost in the case that counts. */
export const verificationJson = (verification: Verification): string => {
  if (!verification.valid) return JSON.stringify(verification);
  const { keyId, workspace, project, environment, name, owner, metadata, permissions, rateLimit } = verification;
  return (
    `{"valid":true,"keyId":${quoted(keyId)},"workspace":${quoted(workspace)},"project":${quoted(project)},` +
    `"environment":${quoted(environment)},"name":${quoted(name)},"owner":${orNull(owner)},` +
    `"metadata":${isEmpty(metadata) ? "{}" : JSON.stringify(metadata)},` +
    `"permissions":${permissions.length === 0 ? "[]" : JSON.stringify(permissions)},` +
    `"rateLimit":${rateLimitJson(rateLimit)}}`
  );
};
