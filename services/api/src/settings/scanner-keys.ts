import { readFileSync } from "node:fs";

/** A key that a scanner signs with. A scanner whose key is being changed has two. */
export interface ScannerKey {
  readonly scanner: string;
  readonly key: Uint8Array;
}

/** Fits `scanner:{name}` into the audit. */
const ENTRY = /^([a-z0-9](?:[-a-z0-9]{0,30}[a-z0-9])?):(?:whsec_)?([A-Za-z0-9+/]+={0,2})$/;
/** Of Standard Webhooks: 192 to 512 bits. */
const KEY_BYTES_MIN = 24;
const KEY_BYTES_MAX = 64;
const KEYS_MAX = 16;

/**
 * Reads `name:base64` entries (the key may begin with `whsec_`), separated by commas or lines.
 * @throws Error which says the number of the entry that is wrong, never its text
 */
export const parseScannerKeys = (text: string): readonly ScannerKey[] => {
  const entries = text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "" && !entry.startsWith("#"));
  if (entries.length > KEYS_MAX) throw new Error(`there are more than ${KEYS_MAX} keys`);
  return entries.map((entry, index) => {
    const [, scanner, base64] = ENTRY.exec(entry) ?? [];
    if (scanner === undefined || base64 === undefined) {
      throw new Error(`entry ${index + 1} is not of the form name:base64, the name being a short DNS label`);
    }
    const key = Buffer.from(base64, "base64");
    if (key.length < KEY_BYTES_MIN || key.length > KEY_BYTES_MAX) {
      throw new Error(`entry ${index + 1}: a key has ${KEY_BYTES_MIN} to ${KEY_BYTES_MAX} bytes`);
    }
    return { scanner, key };
  });
};

/** @throws Error */
export const readScannerKeys = (path: string): readonly ScannerKey[] => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(`the file ${path} cannot be read`, { cause });
  }
  return parseScannerKeys(text);
};
