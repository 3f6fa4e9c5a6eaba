import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { grants, Permission, PermissionName, Permissions, RequiredPermissions } from "./permissions.ts";

// Few words, some of them the beginning of others, so that names meet.
const word = fc.constantFrom("a", "b", "ab", "a.b", "a_b", "a-b", "0");
const words = fc.array(word, { minLength: 1, maxLength: 4 });
const name = words.map((list) => list.join(":"));
const grant = fc.oneof(
  name,
  name.map((begin) => `${begin}:*`),
  fc.constant("*"),
);

/** Word by word, one permission after the other. */
const naively = (permissions: readonly string[], required: string): boolean => {
  const wanted = required.split(":");
  return permissions.some((permission) => {
    const had = permission.split(":");
    if (had.at(-1) !== "*") return had.length === wanted.length && had.every((each, index) => each === wanted[index]);
    const begin = had.slice(0, -1);
    return wanted.length > begin.length && begin.every((each, index) => each === wanted[index]);
  });
};

test("a set of permissions grants what a naive comparison, word by word, says", () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 6 }), name, (permissions, required) => {
      expect(grants(new Set(permissions), required)).toBe(naively(permissions, required));
    }),
    { numRuns: 5000 },
  );
});

describe("a permission", () => {
  test.each([
    ["files:read", "files:read", true],
    ["files:read", "files:read:own", false],
    ["files:*", "files:read", true],
    ["files:*", "files:read:own", true],
    ["files:*", "files", false],
    ["files:*", "filesystem:read", false],
    ["*", "files", true],
    ["files:read", "files:*", false],
  ])("%s grants %s: %s", (permission, required, expected) => {
    expect(grants(new Set([permission]), required)).toBe(expected);
  });

  test("is of the grammar: names, and wildcards at their end", () => {
    fc.assert(
      fc.property(grant, (text) => {
        expect(Permission.safeParse(text).success).toBe(true);
        expect(PermissionName.safeParse(text).success).toBe(!text.endsWith("*"));
      }),
    );
  });

  test.each([
    "",
    ":",
    "a:",
    ":a",
    "a::b",
    "A",
    "a b",
    "a,b",
    "*:a",
    "a:*:b",
    "a*",
    "**",
    "a:**",
    "é",
    "-a",
    ".a",
    "_a",
    "a\n",
    "\na",
    "a/b",
    "a".repeat(101),
  ])("may not be %j", (text) => {
    expect(Permission.safeParse(text).success).toBe(false);
    expect(PermissionName.safeParse(text).success).toBe(false);
  });

  test("comes in bounded lists", () => {
    const list = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);
    expect([Permissions.safeParse(list(64)).success, Permissions.safeParse(list(65)).success]).toEqual([true, false]);
    expect([16, 17].map((count) => RequiredPermissions.safeParse(list(count)).success)).toEqual([true, false]);
  });
});
