import { defaultSecretFormat, generateSecret } from "@itsy/key-format";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createLocationOf } from "./location.ts";

const locationOf = createLocationOf(defaultSecretFormat);
const secret = generateSecret({ environment: "local" });
const percent = (text: string) => text.replaceAll(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`);

/** As whoever reads it may decode it: until nothing changes. */
const decoded = (text: string): string => {
  const next = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return next === text ? text : decoded(next);
};

describe("of a place, what is stored", () => {
  test.each([
    ["an address", "https://git.example/a/b.ts#L12", "https://git.example/a/b.ts#L12"],
    ["its encoded text", "https://git.example/a%20b/%E2%82%AC.ts", "https://git.example/a%20b/%E2%82%AC.ts"],
    [
      "no credentials and no query",
      "https://me:hunter2@git.example/a?token=hunter2#L1-L3",
      "https://git.example/a#L1-L3",
    ],
    ["no query without a scheme", "git.example/x?token=hunter2&k=1#L7", "git.example/x#L7"],
    ["no fragment but a line", "git.example/x#access_token=hunter2", "git.example/x"],
    ["no credentials without a scheme", "//me:hunter2@git.example/x", "//git.example/x"],
    ["none of an address inside text", "found at https://me:hunter2@git.example/x", "found at https://git.example/x"],
    ["a place that is no address", "logs of pod a/b, line 3", "logs of pod a/b, line 3"],
    ["the scheme of what may be anything", "mailto:hunter2@example.com", "mailto:"],
  ])("is %s", (_what, text, stored) => {
    expect(locationOf(text)).toBe(stored);
  });

  test("is one line of 500 characters at most, and nothing for nothing", () => {
    expect(locationOf("a\nb")).toBe("a b");
    expect(locationOf("a".repeat(1000))).toHaveLength(500);
    expect([locationOf(undefined), locationOf("")]).toEqual([null, null]);
  });
});

test.each([
  ["as it is", `https://git.example/${secret}/a.ts`],
  ["with encoded underscores", `https://git.example/${secret.replaceAll("_", "%5F")}/a.ts`],
  ["between encoded slashes", `https://git.example/a%2F${secret}%2Fa.ts`],
  ["without a scheme", `git.example/${secret.replaceAll("_", "%5f")}`],
  ["encoded three times", `https://git.example/${secret.replaceAll("_", "%25255F")}`],
  ["encoded, before what is encoded twice", `https://git.example/${secret.replaceAll("_", "%5F")}%2541`],
  ["beside what cannot be decoded", `https://git.example/%E2%82/%zz/${percent(secret)}`],
])("a secret is redacted %s, and the rest stays", (_how, text) => {
  expect(locationOf(text)).toMatch(/git\.example\/.*\[redacted\]/);
});

test("what is encoded more often than anything is for a reason is not stored", () => {
  expect(locationOf(`https://git.example/%${"25".repeat(100)}41`)).toBe("[redacted]");
});

test("no secret is in it however often and whichever of its characters are encoded", () => {
  const encodings = fc.array(fc.array(fc.boolean(), { maxLength: 80 }), { maxLength: 4 });
  fc.assert(
    fc.property(encodings, fc.constantFrom("", "https://git.example/", "x "), (layers, before) => {
      const encoded = layers.reduce(
        (text, chosen) => text.replaceAll(/./g, (c, index: number) => (chosen[index] ? percent(c) : c)),
        secret,
      );
      expect(decoded(locationOf(`${before}${encoded}`) ?? "")).not.toContain(secret);
    }),
  );
});
