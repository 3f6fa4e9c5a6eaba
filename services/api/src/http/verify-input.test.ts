import { Environment, VerifyInput } from "@itsy/contract";
import fc from "fast-check";
import { expect, test } from "vitest";

import { MALFORMED } from "./json-body.ts";
import { readVerifyInput } from "./verify-input.ts";

const field = (likely: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 3, arbitrary: likely }, fc.jsonValue({ maxDepth: 1 }));

const secret = field(
  fc.oneof(
    fc.string(),
    fc.integer({ min: 4090, max: 4100 }).map((length) => "x".repeat(length)),
    fc.integer({ min: 2045, max: 2050 }).map((length) => "😀".repeat(length)),
  ),
);
const project = field(
  fc.oneof(
    fc.stringMatching(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
    fc.integer({ min: 60, max: 66 }).map((length) => "a".repeat(length)),
    fc.constantFrom("", "-a", "a-", "A", "a_b", "a\n"),
  ),
);

const nearly = fc
  .record(
    {
      secret,
      environment: field(fc.constantFrom(...Environment.options, "Production", "")),
      project,
      permissions: field(fc.array(fc.constantFrom("files:read", "a", "A", "files:*", ""), { maxLength: 18 })),
      ip: field(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("::ffff:10.0.0.1", "fe80::1%eth0", ""))),
      cost: field(fc.constantFrom(0, 1, 2, 1_000_000, 1_000_001, 1.5, "1")),
      other: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: [] },
  )
  // Mostly without the field that spoils everything.
  .chain((whole) => {
    const { other: _other, ...rest } = whole;
    return fc.oneof({ weight: 4, arbitrary: fc.constant(rest) }, { weight: 1, arbitrary: fc.constant(whole) });
  });

const odd = fc.constantFrom(
  '{"__proto__":{"secret":"x"}}',
  '{"__proto__":1,"secret":"x"}',
  '{"secret":"x","secret":1}',
  '{"secret":"x","constructor":1}',
  '{"secret":"x","toString":"y"}',
  '[{"secret":"x"}]',
  "null",
);

/** A secret and nothing else, or nearly: other white space, other ends, bytes that are no UTF-8. */
const onlySecret = fc
  .tuple(
    fc.constantFrom('{"secret":"', '{"secret": "', '{ "secret":"', '{"secret":"\u0000', '{"Secret":"'),
    fc.oneof(
      fc.stringMatching(/^\w{0,60}$/),
      fc.integer({ min: 4090, max: 4100 }).map((length) => "x".repeat(length)),
      fc.string({ unit: "binary", maxLength: 8 }),
    ),
    fc.constantFrom('"}', '"}\n', '"} ', '"},', '"', "}", '","cost":2}', '","secret":"y"}'),
  )
  .map((parts) => parts.join(""));

const bodies = fc
  .oneof(
    { weight: 6, arbitrary: nearly.map((value) => JSON.stringify(value)) },
    { weight: 4, arbitrary: onlySecret },
    { weight: 2, arbitrary: fc.json({ maxDepth: 2 }) },
    { weight: 1, arbitrary: odd },
  )
  .map((text) => Buffer.from(text));

const asTheSchemaSays = (body: Buffer): unknown => VerifyInput.parse(JSON.parse(body.toString()));

const outcome = (read: (body: Buffer) => unknown, body: Buffer): unknown => {
  try {
    const input = read(body);
    return input === MALFORMED ? "malformed" : { ...(input as object) };
  } catch (error) {
    return error instanceof SyntaxError ? "malformed" : "refused";
  }
};

test("the quick ways of the verification door take exactly what the contract's schema does, and as it does", () => {
  fc.assert(
    fc.property(bodies, (body) => {
      expect(outcome(readVerifyInput, body)).toEqual(outcome(asTheSchemaSays, body));
    }),
    { numRuns: 5000 },
  );
});
