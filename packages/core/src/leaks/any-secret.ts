import type { SecretFormat } from "@itsy/key-format";

export type ScannerPatterns = Pick<SecretFormat, "scannerPattern" | "tokenScannerPattern">;

/** Finds everything that looks like a secret or a management token, for `replace`. */
export const anySecretOf = ({ scannerPattern, tokenScannerPattern }: ScannerPatterns): RegExp =>
  new RegExp(`${scannerPattern}|${tokenScannerPattern}`, "g");
