import vectors from "@itsy/key-format/test-vectors.json" with { type: "json" };
import { expect, test } from "vitest";
import { BASE62_ALPHABET } from "../src/base62.ts";
import { createSecretFormat, digest, environments, secretSha256, secretSha256Hex } from "../src/index.ts";

const format = createSecretFormat({ brand: vectors.brand });

interface SealedVector {
  readonly random: string;
  readonly checksum: string;
  readonly sha256: string;
  readonly pepper: string;
  readonly digest: string;
}

const assertSealed = (text: string, vector: SealedVector) => {
  expect(text.slice(-36)).toBe(vector.random + vector.checksum);
  expect(secretSha256Hex(text)).toBe(vector.sha256);
  const pepper = Buffer.from(vector.pepper, "hex");
  expect(digest({ pepper, secretSha256: secretSha256(text) }).toString("hex")).toBe(vector.digest);
};

/** A source of randomness whose bytes become exactly these digits. */
const bytesFor = (random: string) => (size: number) =>
  Uint8Array.from({ length: size }, (_, index) => Math.max(0, BASE62_ALPHABET.indexOf(random.charAt(index))));

test("the published patterns are this format's", () => {
  expect(vectors.formatVersion).toBe(1);
  expect(vectors.alphabet).toBe(BASE62_ALPHABET);
  expect(vectors.pattern).toBe(format.pattern.source);
  expect(vectors.scannerPattern).toBe(format.scannerPattern);
  expect(vectors.tokenPattern).toBe(format.tokenPattern.source);
  expect(vectors.tokenScannerPattern).toBe(format.tokenScannerPattern);
});

test("every environment has a vector", () => {
  expect(new Set(vectors.secrets.map(({ environment }) => environment))).toEqual(new Set(environments));
});

test.each(vectors.secrets)("secret $displayPrefix", (vector) => {
  const environment = environments.find((name) => name === vector.environment) ?? expect.fail(vector.environment);
  expect(format.parse(vector.secret)).toEqual({ ok: true, environment, displayPrefix: vector.displayPrefix });
  expect(format.generate({ environment, randomBytes: bytesFor(vector.random) })).toBe(vector.secret);
  assertSealed(vector.secret, vector);
});

test.each(vectors.tokens)("management token $displayPrefix", (vector) => {
  expect(format.parseToken(vector.token)).toEqual({ ok: true, displayPrefix: vector.displayPrefix });
  expect(format.generateToken({ randomBytes: bytesFor(vector.random) })).toBe(vector.token);
  assertSealed(vector.token, vector);
});

test.each(vectors.invalid)("refused with $reason: $why", ({ text, reason }) => {
  expect(format.parse(text)).toEqual({ ok: false, reason });
});

test.each(vectors.scanned)("scanned: $why", ({ text, secrets, tokens }) => {
  const found = text.match(new RegExp(format.scannerPattern, "g")) ?? [];
  expect(found.filter((each) => format.parse(each).ok)).toEqual(secrets);
  const foundTokens = text.match(new RegExp(format.tokenScannerPattern, "g")) ?? [];
  expect(foundTokens.filter((each) => format.parseToken(each).ok)).toEqual(tokens);
});
