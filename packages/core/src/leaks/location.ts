import { anySecretOf, type ScannerPatterns } from "./any-secret.ts";

const LENGTH_MAX = 500;

/** Of a URL: no credentials, no query, and of the fragment only what names a line. */
const plainUrl = (text: string): string => {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  // The path of `mailto:` and its like is not known to be free of anything.
  if (url.protocol !== "https:" && url.protocol !== "http:") return url.protocol;
  const line = /^#[A-Za-z]?[0-9]+(?:-[A-Za-z]?[0-9]+)?$/.test(url.hash) ? url.hash : "";
  return `${url.origin}${url.pathname}${line}`;
};

/** Where a secret was found, as it goes into the audit: bounded, one line, and without anything like a secret. */
export const createLocationOf = (format: ScannerPatterns) => {
  const anySecret = anySecretOf(format);
  return (text: string | undefined): string | null => {
    if (text === undefined || text === "") return null;
    const plain = plainUrl(text)
      .replace(anySecret, "[redacted]")
      .replaceAll(/\p{Cc}/gu, " ");
    return plain.slice(0, LENGTH_MAX).toWellFormed();
  };
};
