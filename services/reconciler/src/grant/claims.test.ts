import fc from "fast-check";
import { expect, test } from "vitest";

import type { StoredApiKey } from "../api-key/resource.ts";
import { createClaims } from "./claims.ts";

const anApiKey = (second: number, name: string): StoredApiKey => ({
  apiVersion: "keys.itsy.dev/v1",
  kind: "ApiKey",
  metadata: {
    name,
    namespace: "shop",
    uid: `${second}-${name}`,
    resourceVersion: "1",
    creationTimestamp: new Date(second * 1000).toISOString(),
  },
  spec: { workspace: "acme", displayName: "x", environment: "local" },
});

test("however ApiKeys come, change and go, the claims are theirs, the oldest first", () => {
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom("put", "remove"),
      second: fc.integer({ min: 0, max: 5 }),
      name: fc.constantFrom("a", "b", "c"),
    }),
  );
  fc.assert(
    fc.property(steps, (plan) => {
      const claims = createClaims();
      const known = new Set<string>();
      for (const { kind, second, name } of plan) {
        const object = anApiKey(second, name);
        if (kind === "put") {
          claims.apply({ type: "added", object });
          known.add(object.metadata.uid);
        } else {
          claims.apply({ type: "deleted", old: object });
          known.delete(object.metadata.uid);
        }
        expect(claims.of("acme").map(({ uid }) => uid)).toEqual([...known].toSorted());
      }
    }),
  );
});
