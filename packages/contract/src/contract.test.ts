import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { z } from "zod";

import { ErrorBody } from "./error-body.ts";
import { errorCodes } from "./error-code.ts";
import { KeyMetadata, KeyOwner } from "./key-details.ts";
import { DisplayName, KeyId, Slug, Timestamp } from "./primitives.ts";
import { procedurePaths, procedures } from "./procedures.ts";

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

describe("a name for people", () => {
  test.each(["Website Integration", "é", "日本語 キー", "🗝 main", "a  b"])("may be %j", (name) => {
    expect(accepts(DisplayName, name)).toBe(true);
  });
  test.each(["", " a", "a ", "a\nb", "a\tb", "\u0000", "\u007f", "\u0085", "x".repeat(101)])(
    "may not be %j",
    (name) => {
      expect(accepts(DisplayName, name)).toBe(false);
    },
  );
  test("is one line of text without space at its ends, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        if (!accepts(DisplayName, name)) return;
        expect(name).toBe(name.trim());
        expect(name).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

test("text for people is stored as it was sent: half of a surrogate pair is refused, a whole one is not", () => {
  const halves = ["\ud83d", "a\ud83d", "\ude00a", "\ude00\ud83d", "a\ud83db"];
  const wholes = ["\ud83d\ude00", "a\ud83d\ude00b"];
  const asMetadata = (text: string) => ({ note: text });
  for (const [texts, accepted] of [
    [halves, false],
    [wholes, true],
  ] as const) {
    for (const text of texts) {
      expect(accepts(DisplayName, text), JSON.stringify(text)).toBe(accepted);
      expect(accepts(KeyOwner, text), JSON.stringify(text)).toBe(accepted);
      expect(accepts(KeyMetadata, asMetadata(text)), JSON.stringify(text)).toBe(accepted);
    }
  }
  const refused = DisplayName.safeParse("a\ud83d").error?.issues.map(({ message }) => message);
  expect(refused).toEqual([expect.stringContaining("surrogate pair")]);
});

test("a slug is a DNS label", () => {
  for (const slug of ["a", "acme", "a-b", "0", "x".repeat(63)]) expect(accepts(Slug, slug)).toBe(true);
  for (const slug of ["", "-a", "a-", "A", "a.b", "a_b", "é", "x".repeat(64), "a\n"])
    expect(accepts(Slug, slug)).toBe(false);
});

test("an id says what it is for", () => {
  expect(accepts(KeyId, "key_01m81j6mtvswjd534s0vf0ae8p")).toBe(true);
  expect(accepts(KeyId, "ws_01m81j6mtvswjd534s0vf0ae8p")).toBe(false);
  expect(accepts(KeyId, "key_01M81J6MTVSWJD534S0VF0AE8P")).toBe(false);
});

test("an instant has an offset", () => {
  for (const text of ["2027-06-01T00:00:00Z", "2027-06-01T00:00:00.123+02:00"])
    expect(accepts(Timestamp, text)).toBe(true);
  for (const text of ["2027-06-01", "2027-06-01T00:00:00", "2027-13-01T00:00:00Z", "tomorrow", 0]) {
    expect(accepts(Timestamp, text)).toBe(false);
  }
});

test("an instant can be written down in UTC: its year there has four digits, whatever the offset says", () => {
  const atTheEnds = ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59+05:00", "0000-01-01T00:00:00Z"];
  for (const text of atTheEnds) {
    expect(accepts(Timestamp, text), text).toBe(true);
    expect(accepts(Timestamp, new Date(text).toISOString()), text).toBe(true);
  }
  for (const text of ["9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59.999-00:01", "0000-01-01T00:00:00+00:01"])
    expect(accepts(Timestamp, text), text).toBe(false);
});

test("every procedure refuses a field that it does not know", () => {
  for (const path of procedurePaths) {
    const [router, name] = path.split(".") as [keyof typeof procedures, string];
    const { input } = (procedures[router] as Record<string, { input: z.ZodType }>)[name] ?? {};
    const issues = input?.safeParse({ role: "operator", name: "x", unknownField: 1 }).error?.issues ?? [];
    expect(
      issues.map(({ code }) => code),
      path,
    ).toContain("unrecognized_keys");
  }
});

test("every error code is a client's or a server's error, and fits the one body", () => {
  for (const [code, { http }] of Object.entries(errorCodes)) {
    expect(http).toBeGreaterThanOrEqual(400);
    expect(accepts(ErrorBody, { code, message: "m" })).toBe(true);
  }
});
