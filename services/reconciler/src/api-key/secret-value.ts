import { type Environment, parseSecret, secretSha256Hex } from "@itsy/key-format";

/**
 * A full secret on its way through the reconciler. What is sensitive is behind functions, so that neither a log line
 * nor an error that takes the object whole shows it.
 */
export interface SecretValue {
  readonly reveal: () => string;
  /** 64 hexadecimal digits. */
  readonly sha256: () => string;
  /** `null` when the text is no secret of ours. */
  readonly displayPrefix: string | null;
  readonly environment: Environment | null;
}

export const createSecretValue = (secret: string): SecretValue => {
  const sha256 = secretSha256Hex(secret);
  const parsed = parseSecret(secret);
  return Object.freeze({
    reveal: () => secret,
    sha256: () => sha256,
    displayPrefix: parsed.ok ? parsed.displayPrefix : null,
    environment: parsed.ok ? parsed.environment : null,
  });
};

/** Text as it stands in a Secret's data. */
export const encode = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** The value under `key` of a Secret's data (base64); `null` when there is none or it is empty. */
export const readValue = (data: Readonly<Record<string, string>> | undefined, key: string): SecretValue | null => {
  const encoded = data?.[key];
  if (encoded === undefined || encoded === "") return null;
  return createSecretValue(Buffer.from(encoded, "base64").toString("utf8"));
};
