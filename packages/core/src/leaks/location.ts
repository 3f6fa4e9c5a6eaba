import { anySecretOf, type ScannerPatterns } from "./any-secret.ts";

const LENGTH_MAX = 500;

const REDACTED = "[redacted]";

/** Of a fragment only what names a line. */
const lineIn = (fragment: string): string => (/^#[A-Za-z]?[0-9]+(?:-[A-Za-z]?[0-9]+)?$/.test(fragment) ? fragment : "");

/** Also of an address without a scheme, or inside other text: no credentials, and nothing from the query on. */
const plainText = (text: string): string => {
  const [fragment = ""] = /#.*$/s.exec(text) ?? [];
  return `${text.replace(/[?#].*$/s, "").replaceAll(/\/\/[^/\s]*@/g, "//")}${lineIn(fragment)}`;
};

/** Of a URL: no credentials, no query, and of the fragment only what names a line. */
const plainUrl = (text: string): string => {
  if (!URL.canParse(text)) return plainText(text);
  const url = new URL(text);
  // The path of `mailto:` and its like is not known to be free of anything.
  if (url.protocol !== "https:" && url.protocol !== "http:") return url.protocol;
  return `${url.origin}${url.pathname}${lineIn(url.hash)}`;
};

/** Secrets are ASCII; what is encoded in vain, or is part of another character, stays as it is. */
const decodeOnce = (text: string): string =>
  text.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const DECODED_MAX = 8;

/** The text without secrets, also where somebody would have to decode it to see them: then it is shown decoded. */
const withoutSecrets = (text: string, anySecret: RegExp): string => {
  let layer = text.replace(anySecret, REDACTED);
  let shown = layer;
  for (let times = 0; times < DECODED_MAX; times += 1) {
    const decoded = decodeOnce(layer);
    if (decoded === layer) return shown;
    layer = decoded.replace(anySecret, REDACTED);
    if (layer !== decoded) shown = layer;
  }
  return REDACTED;
};

/** Where a secret was found, as it goes into the audit: bounded, one line, and without anything like a secret. */
export const createLocationOf = (format: ScannerPatterns) => {
  const anySecret = anySecretOf(format);
  return (text: string | undefined): string | null => {
    if (text === undefined || text === "") return null;
    const plain = withoutSecrets(plainUrl(text), anySecret).replaceAll(/\p{Cc}/gu, " ");
    return plain.slice(0, LENGTH_MAX).toWellFormed();
  };
};
