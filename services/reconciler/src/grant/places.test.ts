import fc from "fast-check";
import { expect, test } from "vitest";

import { anApiKeyMadeAt } from "../../test/api-key-made-at.ts";
import type { StoredApiKey } from "../api-key/resource.ts";
import { type Claim, createClaims, isOlder } from "./claims.ts";
import { fits } from "./fits.ts";
import { createPlaces } from "./places.ts";
import type { WorkspaceGrantSpec } from "./resource.ts";

const aGrant = (change: Partial<WorkspaceGrantSpec> = {}) => ({
  spec: { workspace: "acme", namespaceSelector: {}, environments: ["production" as const], ...change },
});
const labelsOf = () => ({});

test("however ApiKeys come, change and go, a place is whose the count of older fitting ones says", () => {
  const step = fc.record({
    at: fc.integer({ min: 0, max: 6 }),
    environment: fc.constantFrom("production" as const, "local" as const, null),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 0, max: 4 }), (plan, maxKeys) => {
      const grant = aGrant({ maxKeys });
      const claims = createClaims();
      const places = createPlaces({ grantsOf: () => [grant], claimsOf: claims.of, labelsOf });
      const known = new Map<number, StoredApiKey>();
      for (const { at, environment } of plan) {
        const old = known.get(at);
        if (environment === null && old === undefined) continue;
        const object = anApiKeyMadeAt(at, environment === null ? {} : { environment });
        const put =
          old === undefined ? ({ type: "added", object } as const) : ({ type: "updated", object, old } as const);
        const delta = environment === null && old !== undefined ? ({ type: "deleted", old } as const) : put;
        if (delta.type === "deleted") known.delete(at);
        else known.set(at, object);
        claims.apply(delta);
        places.apply(delta);
        const all = claims.of("acme");
        for (const claim of all) {
          const older = all.filter((other) => isOlder(other, claim) && fits(grant.spec, other, labelsOf));
          expect(places.hasRoom(grant, claim)).toBe(older.length < maxKeys);
        }
      }
    }),
  );
});

test("a label that changed changes whom a selector gives a place", () => {
  const selected = new Set(["other"]);
  const grant = aGrant({ maxKeys: 1, namespaceSelector: { matchLabels: { is: "selected" } } });
  const labels = (namespace: string) => (selected.has(namespace) ? { is: "selected" } : {});
  const claims = createClaims();
  for (const at of [0, 1]) claims.apply({ type: "added", object: anApiKeyMadeAt(at) });
  const places = createPlaces({ grantsOf: () => [grant], claimsOf: claims.of, labelsOf: labels });
  const [, second] = claims.of("acme") as readonly [Claim, Claim];
  expect(places.hasRoom(grant, second)).toBe(true);
  selected.add("shop");
  places.forget();
  expect(places.hasRoom(grant, second)).toBe(false);
});

test("2,000 ApiKeys on a grant of 1,000: each is looked at once, not once by each of the others", () => {
  const N = 2_000;
  let reads = 0;
  const counted = (claim: Claim): Claim => ({
    ...claim,
    get createdAt() {
      reads += 1;
      return claim.createdAt;
    },
  });
  const claims = createClaims();
  for (let at = 0; at < N; at += 1) claims.apply({ type: "added", object: anApiKeyMadeAt(at) });
  const all = claims.of("acme").map(counted);
  const grant = aGrant({ maxKeys: N / 2 });
  let fitted = 0;
  const labels = () => {
    fitted += 1;
    return {};
  };
  const places = createPlaces({ grantsOf: () => [grant], claimsOf: () => all, labelsOf: labels });
  expect(all.filter((claim) => places.hasRoom(grant, claim))).toHaveLength(N / 2);
  expect(fitted).toBe(N);
  expect(reads).toBeLessThanOrEqual(4 * N);
});
