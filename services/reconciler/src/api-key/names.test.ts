import fc from "fast-check";
import { expect, test } from "vitest";

import { stagingName } from "./names.ts";

const uid = "0b7c3f7e-2f6a-4a0e-9c55-2b1d5b1f3a77";
const isSubdomain = (name: string) =>
  name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);

test("a staging Secret says what it is for", () => {
  expect(stagingName("website", uid)).toBe("website-staged-0b7c3f7e");
});

test("the name of a staging Secret is valid and differs, however long the ApiKey's is", () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$/);
  const name = fc
    .array(label, { minLength: 1, maxLength: 12 })
    .map((labels) => labels.join("."))
    .filter(isSubdomain);
  fc.assert(
    fc.property(name, name, (one, other) => {
      const staging = stagingName(one, uid);
      expect(isSubdomain(staging)).toBe(true);
      expect(staging === stagingName(other, uid)).toBe(one === other);
    }),
    { examples: [["a".repeat(253), `${"a".repeat(252)}b`]] },
  );
});

test("a long name that is cut right behind a dot stays valid", () => {
  for (let length = 200; length <= 252; length += 1)
    expect(isSubdomain(stagingName(`${"a".repeat(length)}.${"b".repeat(252 - length)}`.slice(0, 253), uid))).toBe(true);
});
