import { Slug, type Verification } from "@itsy/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { verificationJson } from "./verification-json.ts";

const aText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.string());
const aSlug = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/).filter((text) => Slug.safeParse(text).success);
const aState = fc.record({ limit: fc.nat(), remaining: fc.nat(), resetMs: fc.nat() });

const anAcceptance: fc.Arbitrary<Verification> = fc.record({
  valid: fc.constant(true as const),
  keyId: fc.ulid().map((id) => `key_${id.toLowerCase()}`),
  workspace: aSlug,
  project: aSlug,
  environment: fc.constantFrom("production", "preview", "local"),
  name: aText,
  owner: fc.option(aText, { nil: null }),
  metadata: fc.dictionary(aText, aText, { size: "small" }),
  permissions: fc.array(aText, { size: "small" }),
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
  test("is what JSON.stringify makes of it, whatever characters are in it, and says how many bytes that is", () => {
    fc.assert(
      fc.property(fc.oneof(anAcceptance, aRefusal), (verification) => {
        const { text, bytes } = verificationJson(verification);
        expect(text).toBe(JSON.stringify(verification));
        expect(bytes).toBe(Buffer.byteLength(text));
      }),
      { numRuns: 2000 },
    );
  });
});
