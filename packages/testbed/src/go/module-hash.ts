import { createHash } from "node:crypto";

/** Name in the module's zip → content. */
export type ModuleFiles = Readonly<Record<string, Uint8Array>>;

const sha256 = (content: Uint8Array | string) => createHash("sha256").update(content);

/**
 * The hash of a module's files by which go.sum and the checksum database know it (`h1`), whoever packed the zip.
 * Source: golang.org/x/mod/sumdb/dirhash, Hash1.
 */
export const moduleHash = (files: ModuleFiles): string => {
  const lines = Object.keys(files)
    .sort()
    .map((name) => `${sha256(files[name] ?? "").digest("hex")}  ${name}\n`);
  return `h1:${sha256(lines.join("")).digest("base64")}`;
};
