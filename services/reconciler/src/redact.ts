import { defaultSecretFormat } from "@itsy/key-format";

const patterns = [
  new RegExp(defaultSecretFormat.scannerPattern, "g"),
  new RegExp(defaultSecretFormat.tokenScannerPattern, "g"),
  // A SHA-256 in hexadecimal.
  /\b[0-9a-f]{64}\b/g,
  // A secret as it stands in a Secret's data.
  /[A-Za-z0-9+/]{48,}={0,2}/g,
];

/** Blanks secrets, management tokens and digests in a text that somebody else wrote, for example an error's message. */
export const redact = (text: string): string =>
  patterns.reduce((redacted, pattern) => redacted.replace(pattern, "[redacted]"), text);
