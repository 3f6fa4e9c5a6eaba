import fc from "fast-check";
import { expect, test } from "vitest";

import { createRecordCache } from "./record-cache.ts";

interface Found {
  readonly keyId: string;
  readonly state: number;
}

const trusted = (settings = { entriesMax: 100 }) => {
  const cache = createRecordCache<Found>(settings);
  cache.trustUntil(1000);
  return cache;
};

const remember = (cache: ReturnType<typeof trusted>, secret: string, found: Found | null, nowMs = 0) =>
  cache.endLookup(cache.beginLookup(), secret, { found, nowMs });

const found: Found = { keyId: "k", state: 1 };

test("nothing is answered from memory before trust, after it, or by a clock that is not a number", () => {
  const cache = createRecordCache<Found>({ entriesMax: 10 });
  remember(cache, "s", found);
  expect(cache.get("s", 0)).toBeUndefined();
  cache.trustUntil(1000);
  expect(cache.get("s", 999.9)).toBe(found);
  expect(cache.get("s", 1000)).toBeUndefined();
  expect(cache.get("s", Number.NaN)).toBeUndefined();
  cache.trustUntil(500);
  expect(cache.get("s", 999)).toBe(found);
  cache.distrust();
  expect(cache.get("s", 0)).toBeUndefined();
});

test("in the grace only what is remembered is told, and an eviction or distrust ends that, too", () => {
  const cache = createRecordCache<Found>({ entriesMax: 10, graceMs: 500 });
  cache.trustUntil(1000);
  remember(cache, "s", found);
  remember(cache, "unknown", null);
  expect(cache.get("s", 1000)).toBeUndefined();
  expect(cache.getInGrace("s", 1499)).toBe(found);
  expect(cache.getInGrace("unknown", 1200)).toBeUndefined();
  expect(cache.getInGrace("s", 1500)).toBeUndefined();
  expect(cache.getInGrace("s", Number.NaN)).toBeUndefined();
  cache.evict(["k"]);
  expect(cache.getInGrace("s", 1200)).toBeUndefined();
  remember(cache, "s", found);
  cache.distrust();
  expect(cache.getInGrace("s", 0)).toBeUndefined();
});

test("an eviction forgets every secret of the key, and no other key", () => {
  const cache = trusted();
  for (const secret of ["s1", "s2", "s3"]) remember(cache, secret, found);
  remember(cache, "other", { keyId: "o", state: 1 });
  cache.evict(["k", "unheard of"]);
  for (const secret of ["s1", "s2", "s3"]) expect(cache.get(secret, 0)).toBeUndefined();
  expect(cache.get("other", 0)).toBeDefined();
  expect(cache.size).toBe(1);
});

test("a lookup that began before the eviction of its key is not remembered; one of another key is", () => {
  const cache = trusted();
  const [mine, others] = [cache.beginLookup(), cache.beginLookup()];
  cache.evict(["k"]);
  cache.endLookup(mine, "s", { found, nowMs: 0 });
  cache.endLookup(others, "o", { found: { keyId: "o", state: 1 }, nowMs: 0 });
  expect(cache.get("s", 0)).toBeUndefined();
  expect(cache.get("o", 0)).toBeDefined();
  remember(cache, "s", found);
  expect(cache.get("s", 0)).toBe(found);
});

test("nor is one that began before everything was dropped", () => {
  const cache = trusted();
  const ticket = cache.beginLookup();
  cache.dropAll();
  cache.endLookup(ticket, "s", { found, nowMs: 0 });
  expect(cache.get("s", 0)).toBeUndefined();
});

test("an unknown secret is known to be unknown for a moment, or until any key changes", () => {
  const cache = trusted();
  remember(cache, "s", null, 10);
  expect(cache.get("s", 10)).toBeNull();
  cache.trustUntil(5000);
  expect(cache.get("s", 1010)).toBeUndefined();
  remember(cache, "s", null, 10);
  const ticket = cache.beginLookup();
  cache.evict(["new"]);
  expect(cache.get("s", 10)).toBeUndefined();
  cache.endLookup(ticket, "s", { found: null, nowMs: 10 });
  expect(cache.get("s", 10)).toBeUndefined();
});

test("memory is bounded, and what is asked for stays", () => {
  const cache = createRecordCache<Found>({ entriesMax: 100, unknownMax: 50 });
  cache.trustUntil(1000);
  for (let count = 0; count < 10_000; count++) {
    remember(cache, `s${count}`, { keyId: `k${count % 3000}`, state: 1 });
    remember(cache, `u${count}`, null);
    for (let hot = 0; hot < 10; hot++) cache.get(`s${hot}`, 0);
  }
  expect(cache.size).toBe(150);
  for (let hot = 0; hot < 10; hot++) expect(cache.get(`s${hot}`, 0)).toBeDefined();
});

test("memory is bounded in bytes, too: large records are fewer, and a key that gave way is forgotten whole", () => {
  const bytesOf = ({ state }: Found) => state;
  const cache = createRecordCache<Found>({ entriesMax: 100, bytesMax: 10_000, bytesOf });
  cache.trustUntil(1000);
  for (let count = 0; count < 1000; count++) {
    remember(cache, `s${count}`, { keyId: `k${count}`, state: count % 2 === 0 ? 50 : 3000 });
    expect(cache.bytes).toBeLessThanOrEqual(10_000);
  }
  expect(cache.size).toBeLessThan(10);
  cache.evict(Array.from({ length: 1000 }, (_, count) => `k${count}`));
  expect([cache.size, cache.bytes]).toEqual([0, 0]);
});

test("whatever happens in whatever order, memory never has a state from before an eviction", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("begin" as const), key: fc.nat({ max: 3 }), secret: fc.nat({ max: 1 }) }),
    fc.record({ do: fc.constant("end" as const), which: fc.nat({ max: 20 }) }),
    fc.record({ do: fc.constant("change" as const), key: fc.nat({ max: 3 }) }),
    fc.record({ do: fc.constant("changeMany" as const), count: fc.constantFrom(10, 1200) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = createRecordCache<Found>({ entriesMax: 5 });
      cache.trustUntil(1000);
      const states = [0, 0, 0, 0];
      const underWay: (() => void)[] = [];
      for (const taken of steps) {
        if (taken.do === "begin") {
          const read = { keyId: `k${taken.key}`, state: states[taken.key] ?? 0 };
          const ticket = cache.beginLookup();
          underWay.push(() => cache.endLookup(ticket, `${read.keyId}/${taken.secret}`, { found: read, nowMs: 0 }));
        } else if (taken.do === "end") {
          for (const end of underWay.splice(taken.which % Math.max(1, underWay.length), 1)) end();
        } else if (taken.do === "change") {
          states[taken.key] = (states[taken.key] ?? 0) + 1;
          cache.evict([`k${taken.key}`]);
        } else {
          cache.evict(Array.from({ length: taken.count }, (_, index) => `x${index}`));
        }
        for (const key of [0, 1, 2, 3]) {
          for (const secret of [0, 1]) {
            const known = cache.get(`k${key}/${secret}`, 0);
            if (known) expect(known.state).toBe(states[key]);
          }
        }
      }
    }),
  );
});
