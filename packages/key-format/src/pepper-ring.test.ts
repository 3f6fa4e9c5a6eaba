import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aSecret } from "../test/arbitraries.ts";
import { createPepperRing, digest, digestsOf, digestWith, secretSha256, secretSha256Hex } from "./index.ts";

const aPepper = fc.uint8Array({ minLength: 32, maxLength: 100 });
const entries = fc.uniqueArray(fc.record({ version: fc.integer({ min: 1 }), pepper: aPepper }), {
  selector: ({ version }) => version,
  minLength: 1,
  maxLength: 5,
});
const pepper = (byte: number, size = 32) => new Uint8Array(size).fill(byte);

describe("the digest of a secret", () => {
  test("is HMAC-SHA256 over the SHA-256 of its text", () => {
    fc.assert(
      fc.property(aSecret, aPepper, ({ secret }, key) => {
        const sha = createHash("sha256").update(secret).digest();
        expect(secretSha256(secret)).toEqual(sha);
        expect(secretSha256Hex(secret)).toBe(sha.toString("hex"));
        expect(digest({ pepper: key, secretSha256: sha })).toEqual(createHmac("sha256", key).update(sha).digest());
      }),
    );
  });

  test.each([0, 31, 33, 64])("%i bytes are not taken for a SHA-256", (size) => {
    const wrong = { pepper: pepper(1), secretSha256: new Uint8Array(size) };
    expect(() => digest(wrong)).toThrow(expect.objectContaining({ code: "SHA256_LENGTH" }));
  });

  test.each([0, 31])("a pepper of %i bytes is refused", (size) => {
    const wrong = { pepper: pepper(1, size), secretSha256: new Uint8Array(32) };
    expect(() => digest(wrong)).toThrow(expect.objectContaining({ code: "PEPPER_TOO_SHORT" }));
  });
});

describe("a ring of peppers", () => {
  test("gives one digest for each version, the current first, then from new to old", () => {
    fc.assert(
      fc.property(entries, fc.nat(), aSecret, (list, pick, { secret }) => {
        const current = list[pick % list.length]?.version as number;
        const ring = createPepperRing(list, { current });
        const sha = secretSha256(secret);
        const others = list.map(({ version }) => version).filter((version) => version !== current);
        const found = digestsOf(ring, sha);
        expect(found.map(({ pepperVersion }) => pepperVersion)).toEqual([current, ...others.sort((a, b) => b - a)]);
        for (const { version, pepper: key } of list) {
          const expected = digest({ pepper: key, secretSha256: sha });
          expect(digestWith(ring, version, sha)).toEqual(expected);
          expect(found.find(({ pepperVersion }) => pepperVersion === version)?.digest).toEqual(expected);
        }
      }),
    );
  });

  test("the highest version is the current one unless another is named", () => {
    const list = [1, 3, 2].map((version) => ({ version, pepper: pepper(version) }));
    expect(createPepperRing(list).current).toBe(3);
    expect(createPepperRing(list, { current: 1 }).current).toBe(1);
  });

  test("keeps its own copy of a pepper", () => {
    const given = pepper(7);
    const ring = createPepperRing([{ version: 1, pepper: given }]);
    given.fill(0);
    expect(ring.peppers.get(1)).toEqual(pepper(7));
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("version %d is refused", (version) => {
    const make = () => createPepperRing([{ version, pepper: pepper(1) }]);
    expect(make).toThrow(expect.objectContaining({ code: "PEPPER_VERSION_INVALID" }));
  });

  test("an empty ring, a version that comes twice and one that is not there are refused", () => {
    const one = { version: 1, pepper: pepper(1) };
    expect(() => createPepperRing([])).toThrow(expect.objectContaining({ code: "PEPPER_RING_EMPTY" }));
    expect(() => createPepperRing([one, one])).toThrow(expect.objectContaining({ code: "PEPPER_VERSION_DUPLICATE" }));
    const unknown = expect.objectContaining({ code: "PEPPER_VERSION_UNKNOWN" });
    expect(() => createPepperRing([one], { current: 2 })).toThrow(unknown);
    expect(() => digestWith(createPepperRing([one]), 2, new Uint8Array(32))).toThrow(unknown);
  });

  test("neither a refusal nor a ring that is logged shows a pepper", () => {
    const short = Buffer.from("correct horse battery staple");
    expect(() => createPepperRing([{ version: 1, pepper: short }])).toThrow(
      expect.objectContaining({ code: "PEPPER_TOO_SHORT", message: "a pepper has at least 32 bytes" }),
    );
    const ring = createPepperRing([{ version: 1, pepper: pepper(0xab) }]);
    expect(inspect(ring, { depth: null })).toBe("{ current: 1 }");
    expect(JSON.stringify(ring)).toBe('{"current":1}');
  });
});
