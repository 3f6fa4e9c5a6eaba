import type { Verification } from "@itsy/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { verificationJson } from "./verification-json.ts";

const aText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.string());
const aState = fc.record({ limit: fc.nat(), remaining: fc.nat(), resetMs: fc.nat() });

const anAcceptance: fc.Arbitrary<Verification> = fc.record({
  valid: fc.constant(true as const),
  keyId: aText,
  workspace: aText,
  project: aText,
  environment: fc.constantFrom("production", "preview", "local"),
  name: aText,
  owner: fc.option(aText, { nil: null }),
  metadata: fc.dictionary(aText, aText),
  permissions: fc.array(aText),
  rateLimit: aState,
});

const aRefusal: fc.Arbitrary<Verification> = fc.record(
  {
    valid: fc.constant(false as const),
    code: fc.constantFrom("NOT_FOUND", "PAUSED", "RATE_LIMITED"),
    retryAfterMs: fc.nat(),
    rateLimit: aState,
  },
  { requiredKeys: ["valid", "code"] },
);

describe("the text of a verification", () => {
  test("is what JSON.stringify makes of it, whatever characters are in it", () => {
    fc.assert(
      fc.property(fc.oneof(anAcceptance, aRefusal), (verification) => {
        expect(verificationJson(verification)).toBe(JSON.stringify(verification));
      }),
      { numRuns: 2000 },
    );
  });
});
