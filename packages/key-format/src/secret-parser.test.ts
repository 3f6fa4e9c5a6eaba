import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText, aSecret, aToken, oneMistakeAway } from "../test/arbitraries.ts";
import { defaultSecretFormat, generateToken, parseSecret, parseToken } from "./index.ts";
import { createSecretParser } from "./secret-parser.ts";

const FORMAT = { ok: false, reason: "FORMAT" };
const parser = createSecretParser();

const withBrokenChecksum = (text: string) => text.slice(0, -1) + (text.endsWith("A") ? "B" : "A");

describe("a mistake in a secret", () => {
  test("any one character substituted, inserted, deleted or exchanged with its neighbour is refused", () => {
    fc.assert(
      fc.property(aSecret, ({ secret }) => {
        for (const mistaken of oneMistakeAway(secret)) if (parseSecret(mistaken).ok) expect.fail(mistaken);
      }),
      { numRuns: 30 },
    );
  });

  test("the same holds for management tokens", () => {
    fc.assert(
      fc.property(aToken, (token) => {
        for (const mistaken of oneMistakeAway(token)) if (parseToken(mistaken).ok) expect.fail(mistaken);
      }),
      { numRuns: 30 },
    );
  });

  test("the reason is FORMAT exactly when the published pattern does not match", () => {
    fc.assert(
      fc.property(aSecret, ({ secret }) => {
        for (const mistaken of oneMistakeAway(secret)) {
          const expected = parser.pattern.test(mistaken) ? "CHECKSUM" : "FORMAT";
          const parsed = parseSecret(mistaken);
          if (parsed.ok || parsed.reason !== expected) expect.fail(mistaken);
        }
      }),
      { numRuns: 5 },
    );
  });
});

describe("junk", () => {
  test("text of any kind is refused without an exception", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), anyText(100)), (text) => {
        expect(parseSecret(text)).toEqual(FORMAT);
        expect(parseToken(text)).toEqual(FORMAT);
      }),
    );
  });

  test("text of any kind behind the right prefix and of the right length is refused", () => {
    const codes = fc.array(fc.nat(0xffff), { minLength: 36, maxLength: 36 });
    fc.assert(
      fc.property(codes, (units) => {
        const junk = String.fromCharCode(...units);
        expect(parseSecret(`itsy_production_sk_${junk}`).ok).toBe(false);
        expect(parseToken(`itsy_mt_${junk}`).ok).toBe(false);
      }),
    );
  });

  test("a text of a megabyte costs no more than a short one", () => {
    const token = generateToken();
    const texts = ["\ud800", "itsy_production_sk_", "0", token].map((text) => text.repeat(2 ** 20 / text.length));
    // Were every character looked at, this would be 4 × 10^11 steps: minutes instead of milliseconds.
    for (let round = 0; round < 100_000; round++) {
      for (const text of texts) if (parseSecret(text).ok || parseToken(text).ok) expect.fail("accepted");
    }
  });

  test("what is no string at all is refused, as a repeated header is", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        fc.pre(typeof value !== "string");
        expect(parseSecret(value as string)).toEqual(FORMAT);
        expect(parseToken(value as string)).toEqual(FORMAT);
      }),
    );
    const list = Array.from({ length: 55 }, () => "itsy_production_sk_") as unknown as string;
    expect(parseSecret(list)).toEqual(FORMAT);
  });
});

describe("secrets and management tokens", () => {
  test("neither is taken for the other", () => {
    fc.assert(
      fc.property(aSecret, aToken, ({ secret }, token) => {
        expect(parseToken(secret)).toEqual(FORMAT);
        expect(parseSecret(token)).toEqual(FORMAT);
      }),
    );
  });

  test("the display prefix of what is none is refused, and the error holds nothing of it", () => {
    fc.assert(
      fc.property(aSecret, aToken, ({ secret }, token) => {
        for (const text of [withBrokenChecksum(secret), secret.slice(1), token]) {
          expect(() => parser.displayPrefix(text)).toThrow(expect.objectContaining({ code: "NOT_A_SECRET" }));
          expect(() => parser.displayPrefix(text)).not.toThrow(text.slice(-10));
        }
        for (const text of [withBrokenChecksum(token), token.slice(1), secret]) {
          expect(() => parser.tokenDisplayPrefix(text)).toThrow(expect.objectContaining({ code: "NOT_A_TOKEN" }));
          expect(() => parser.tokenDisplayPrefix(text)).not.toThrow(text.slice(-10));
        }
      }),
    );
  });
});

describe("the published regular expressions", () => {
  const around = fc.oneof(
    fc.constantFrom(
      "",
      " ",
      "\n",
      '"',
      "=",
      ":",
      "?key=",
      "Bearer ",
      "<b>",
      "\\n",
      "\\u003d",
      "&more=1",
      "é",
      "_",
      "0",
      "a",
    ),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  const secretScanner = () => new RegExp(defaultSecretFormat.scannerPattern, "g");
  const tokenScanner = () => new RegExp(defaultSecretFormat.tokenScannerPattern, "g");

  test("find every secret inside other text, whole, and no management token; and the other way round", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(aSecret, aToken, around, around)), (parts) => {
        const text = parts.map(([{ secret }, token, a, b]) => `${a}${secret}${b};${a}${token}${b};`).join("");
        expect(text.match(secretScanner()) ?? []).toEqual(parts.map(([{ secret }]) => secret));
        expect(text.match(tokenScanner()) ?? []).toEqual(parts.map(([, token]) => token));
      }),
    );
  });

  test("match what is no secret, too, and its checksum tells", () => {
    fc.assert(
      fc.property(aSecret, aToken, ({ secret }, token) => {
        const broken = [withBrokenChecksum(secret), withBrokenChecksum(token)];
        for (const text of broken) expect(text).toMatch(text === broken[0] ? secretScanner() : tokenScanner());
        expect(broken.map((text) => parser.parse(text).ok || parser.parseToken(text).ok)).toEqual([false, false]);
      }),
    );
  });

  test("match a whole secret or token only, line ends included", () => {
    fc.assert(
      fc.property(aSecret, aToken, ({ secret }, token) => {
        expect(parser.pattern.test(secret) && parser.tokenPattern.test(token)).toBe(true);
        for (const text of [token, ` ${secret}`, `${secret}\n`, `${secret} ${secret}`]) {
          expect(parser.pattern.test(text)).toBe(false);
        }
        for (const text of [secret, ` ${token}`, `${token}\n`]) expect(parser.tokenPattern.test(text)).toBe(false);
      }),
    );
  });
});
