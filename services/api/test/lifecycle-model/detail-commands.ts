import fc from "fast-check";
import { expect } from "vitest";

import type { ModelKey } from "./model.ts";
import { codeOf, command, index, named, onKey, type Step } from "./steps.ts";

type Details = Pick<ModelKey, "name" | "requestsPerMinute" | "owner" | "metadata">;

const details: fc.Arbitrary<Partial<Details>> = fc.record(
  {
    name: fc.constantFrom("a", "b", "Käse 🧀"),
    requestsPerMinute: fc.constantFrom(9_000, 10_000),
    owner: fc.option(fc.constantFrom("team-a", "team-b")),
    metadata: fc.dictionary(fc.constantFrom("plan", "region"), fc.constantFrom("", "x"), { noNullPrototype: true }),
  },
  { requiredKeys: [] },
);

type Seen = "the last" | "an older" | "none";

/** With the version that the caller saw: an older one changes nothing. */
const update = (at: number, change: Partial<Details>, seen: Seen): Step =>
  onKey(at, async ({ real, key }) => {
    const version = key.deleted ? 1 : (await real.admin.keys.get({ keyId: key.id })).version;
    // Nobody has seen it yet, but it is as little the one that is there.
    const expectedVersion = seen === "an older" ? (version > 1 ? version - 1 : 2) : version;
    const call = real.admin.keys.update({ keyId: key.id, ...change, ...(seen !== "none" && { expectedVersion }) });
    const expected = key.deleted ? "NOT_FOUND" : key.revoked || seen === "an older" ? "CONFLICT" : null;
    expect(await codeOf(call)).toBe(expected);
    if (expected === null) Object.assign(key, change);
  });

/** What a key is called, how much it may, and whose it is. */
export const detailCommands = [
  fc
    .tuple(index, details, fc.constantFrom<Seen>("the last", "an older", "none"))
    .map(([key, change, seen]) =>
      command(named("update", key, JSON.stringify(change), seen), update(key, change, seen)),
    ),
];
