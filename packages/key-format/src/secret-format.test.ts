import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aSecret, aToken } from "../test/arbitraries.ts";
import {
  createSecretFormat,
  displayPrefix,
  type Environment,
  environments,
  generateSecret,
  generateToken,
  KeyFormatError,
  parseSecret,
  parseToken,
  tokenDisplayPrefix,
} from "./index.ts";

const FORMAT = { ok: false, reason: "FORMAT" };
const aBrand = fc.stringMatching(/^[a-z][a-z0-9]{1,15}$/);

describe("the round trip", () => {
  test("a generated secret is recognised, with its environment and the prefix to show", () => {
    fc.assert(
      fc.property(aSecret, ({ environment, secret }) => {
        const shown = `itsy_${environment}_sk_${secret.slice(-36, -32)}`;
        expect(parseSecret(secret)).toEqual({ ok: true, environment, displayPrefix: shown });
        expect(displayPrefix(secret)).toBe(shown);
      }),
    );
  });

  test("a generated management token is recognised", () => {
    fc.assert(
      fc.property(aToken, (token) => {
        const shown = `itsy_mt_${token.slice(-36, -32)}`;
        expect(parseToken(token)).toEqual({ ok: true, displayPrefix: shown });
        expect(tokenDisplayPrefix(token)).toBe(shown);
      }),
    );
  });

  test("the operating system's generator is the default, and repeats nothing", () => {
    const made = environments.flatMap((environment) =>
      Array.from({ length: 200 }, () => generateSecret({ environment })),
    );
    const tokens = Array.from({ length: 200 }, () => generateToken());
    expect(made.every((secret) => parseSecret(secret).ok) && tokens.every((token) => parseToken(token).ok)).toBe(true);
    expect(new Set([...made, ...tokens].map((text) => text.slice(-36, -6))).size).toBe(800);
  });
});

describe("the brand", () => {
  test("any valid brand has its own secrets and tokens, which no other brand accepts", () => {
    fc.assert(
      fc.property(aBrand, aBrand, fc.constantFrom(...environments), (brand, other, environment) => {
        fc.pre(!brand.endsWith(other));
        const [ours, theirs] = [createSecretFormat({ brand }), createSecretFormat({ brand: other })];
        const [secret, token] = [ours.generate({ environment }), ours.generateToken()];
        expect(ours.parse(secret)).toMatchObject({ ok: true, environment });
        expect(ours.parseToken(token).ok && ours.pattern.test(secret) && ours.tokenPattern.test(token)).toBe(true);
        expect([theirs.parse(secret), theirs.parseToken(token)]).toEqual([FORMAT, FORMAT]);
        expect(secret).not.toMatch(new RegExp(theirs.scannerPattern));
        expect(token).not.toMatch(new RegExp(theirs.tokenScannerPattern));
      }),
    );
  });

  test("what a brand that ends another finds inside the other's secrets is none of its own", () => {
    const tsy = createSecretFormat({ brand: "tsy" });
    const [found = ""] = generateSecret({ environment: "local" }).match(new RegExp(tsy.scannerPattern)) ?? [];
    expect(tsy.parse(found)).toEqual({ ok: false, reason: "CHECKSUM" });
  });

  test.each(["", "a", "Itsy", "1tsy", "it-sy", "it_sy", "it.sy", "itsy ", "itsy\n", "ıtsy", "a".repeat(17)])(
    "%j is refused with a stable code",
    (brand) => {
      expect(() => createSecretFormat({ brand })).toThrow(KeyFormatError);
      expect(() => createSecretFormat({ brand })).toThrow(expect.objectContaining({ code: "BRAND_INVALID" }));
    },
  );
});

test("an environment that does not exist is refused", () => {
  const environment = "staging" as Environment;
  expect(() => generateSecret({ environment })).toThrow(expect.objectContaining({ code: "ENVIRONMENT_UNKNOWN" }));
});

test("a format cannot be changed after it was made", () => {
  const format = createSecretFormat();
  expect(Object.isFrozen(format) && Object.isFrozen(environments)).toBe(true);
  expect(Object.isFrozen(format.parse("junk"))).toBe(true);
});
