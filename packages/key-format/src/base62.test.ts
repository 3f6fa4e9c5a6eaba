import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededBytes } from "../test/seeded-bytes.ts";
import { BASE62_ALPHABET, base62Value, drawBase62, type RandomBytes, toBase62 } from "./base62.ts";

const SAMPLES = 10_000;
const LENGTH = 30;

/** Exceeded by a uniform source in about 1 of 100 000 tests (61 degrees of freedom). The seed is fixed all the same. */
const CHI_SQUARED_LIMIT = 120;

/** Pearson's statistic of the digits against the uniform distribution over the alphabet. */
const chiSquared = (digits: string): number => {
  const counts = new Map<string, number>();
  for (const digit of digits) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const expected = digits.length / BASE62_ALPHABET.length;
  return Array.from(BASE62_ALPHABET).reduce(
    (sum, digit) => sum + ((counts.get(digit) ?? 0) - expected) ** 2 / expected,
    0,
  );
};

const sample = (draw: (random: RandomBytes) => string, random: RandomBytes): readonly string[] =>
  Array.from({ length: SAMPLES }, () => draw(random));

/** What must not be: the first 8 digits come up in 5 of 256 cases, the others in 4. */
const drawWithModuloBias = (random: RandomBytes): string =>
  Array.from(random(LENGTH), (byte) => BASE62_ALPHABET.charAt(byte % 62)).join("");

const draw = (random: RandomBytes): string => drawBase62(LENGTH, random);

describe("the random part", () => {
  test("every digit is equally likely, at every position", () => {
    const drawn = sample(draw, seededBytes(20_261_122));
    expect(chiSquared(drawn.join(""))).toBeLessThan(CHI_SQUARED_LIMIT);
    for (let position = 0; position < LENGTH; position++) {
      const column = drawn.map((digits) => digits.charAt(position)).join("");
      expect(chiSquared(column), `position ${position}`).toBeLessThan(CHI_SQUARED_LIMIT);
    }
  });

  test("the same test catches a modulo bias", () => {
    const drawn = sample(drawWithModuloBias, seededBytes(20_261_122));
    expect(chiSquared(drawn.join(""))).toBeGreaterThan(CHI_SQUARED_LIMIT);
  });

  test("the same test catches a source that favours low bytes", () => {
    const uniform = seededBytes(20_261_122);
    const biased: RandomBytes = (size) => uniform(size).map((byte) => (byte === 0 ? 1 : byte));
    expect(chiSquared(sample(draw, biased).join(""))).toBeGreaterThan(CHI_SQUARED_LIMIT);
  });

  test("of the 256 bytes exactly 4 lead to each digit, and 8 are rejected", () => {
    const drawnBy = (byte: number): string => {
      let rounds = 0;
      const digit = drawBase62(1, (size) => new Uint8Array(size).fill(rounds++ === 0 ? byte : 0));
      return rounds === 1 ? digit : "rejected";
    };
    const outcomes = Array.from({ length: 256 }, (_, byte) => drawnBy(byte));
    const times = (outcome: string) => outcomes.filter((other) => other === outcome).length;
    for (const digit of BASE62_ALPHABET) expect(times(digit), digit).toBe(4);
    expect(times("rejected")).toBe(8);
  });

  test("bytes that are all rejected lead to another draw", () => {
    const rounds = [255, 255, 61];
    expect(drawBase62(3, (size) => new Uint8Array(size).fill(rounds.shift() ?? 0))).toBe("zzz");
  });

  test.each([
    ["only unusable bytes", (size: number) => new Uint8Array(size).fill(255)],
    ["no bytes", () => new Uint8Array(0)],
    ["fewer bytes than asked", (size: number) => new Uint8Array(size - 1)],
    ["more bytes than asked", (size: number) => new Uint8Array(size + 1)],
  ])("a source that returns %s is refused, not waited for", (_name, broken) => {
    expect(() => draw(broken)).toThrow(expect.objectContaining({ code: "RANDOM_SOURCE_BROKEN" }));
  });
});

describe("base62 numbers", () => {
  test("any integer below 2^53 is written so that its digits give it back", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const read = Array.from(toBase62(value, 9), (digit) => BigInt(base62Value(digit.charCodeAt(0)))).reduce(
          (sum, digit) => sum * 62n + digit,
          0n,
        );
        expect(read).toBe(BigInt(value));
      }),
    );
  });

  test("short numbers are padded with zeroes", () => {
    expect(toBase62(0, 6)).toBe("000000");
    expect(toBase62(63, 6)).toBe("000011");
    expect(toBase62(2 ** 32 - 1, 6)).toBe("4gfFC3");
  });

  test("exactly the 62 digits have a value, of all UTF-16 code units", () => {
    for (let code = 0; code < 65_536; code++) {
      expect(base62Value(code)).toBe(BASE62_ALPHABET.indexOf(String.fromCharCode(code)));
    }
  });
});
