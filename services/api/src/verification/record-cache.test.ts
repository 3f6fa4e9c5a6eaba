import type { VerificationRecord } from "@itsy/core";
import { aVerificationRecord } from "@itsy/testing";
import { expect, test } from "vitest";

import { createRecordCache } from "./record-cache.ts";

/** A database whose reads see what was stored when they began, and end when the test says. */
const slowDatabase = () => {
  let stored: VerificationRecord | null = aVerificationRecord();
  const reads: (() => void)[] = [];
  return {
    store: (record: VerificationRecord | null) => {
      stored = record;
    },
    reads: () => reads.length,
    finish: () => reads.splice(0).forEach((end) => end()),
    findBySha256: () => {
      const { promise, resolve } = Promise.withResolvers<VerificationRecord | null>();
      const seen = stored;
      reads.push(() => resolve(seen));
      return promise;
    },
  };
};

const revoked = aVerificationRecord({ revokedAt: new Date() });

test("what was read once is answered at once, without a promise", async () => {
  const database = slowDatabase();
  const cache = createRecordCache({ ...database, entriesMax: 10 });
  const first = cache.find("a");
  database.finish();
  await first;
  const record = cache.find("a");
  expect(record).toEqual(aVerificationRecord());
});

test("after an eviction the database is asked again", async () => {
  const database = slowDatabase();
  const cache = createRecordCache({ ...database, entriesMax: 10 });
  const first = cache.find("a");
  database.finish();
  await first;
  database.store(revoked);
  cache.evict(["key_of_another"]);
  expect(cache.find("a")).toEqual(aVerificationRecord());
  cache.evict([revoked.keyId]);
  const second = cache.find("a");
  database.finish();
  expect(await second).toEqual(revoked);
});

test("a read that began before an eviction does not put the old state back", async () => {
  const database = slowDatabase();
  const cache = createRecordCache({ ...database, entriesMax: 10 });
  const slow = cache.find("a");
  database.store(revoked);
  cache.evict([revoked.keyId]);
  database.finish();
  expect(await slow).toEqual(aVerificationRecord());
  const next = cache.find("a");
  database.finish();
  expect(await next).toEqual(revoked);
});

test("every secret of a key is evicted with it, also after two reads of one secret at once", async () => {
  const database = slowDatabase();
  const cache = createRecordCache({ ...database, entriesMax: 10 });
  const reads = ["a", "a", "b"].map(async (secret) => cache.find(secret));
  database.finish();
  await Promise.all(reads);
  expect(cache.size).toBe(2);
  cache.evict([aVerificationRecord().keyId]);
  expect(cache.size).toBe(0);
});

test("an unknown secret is not remembered", async () => {
  const database = slowDatabase();
  database.store(null);
  const cache = createRecordCache({ ...database, entriesMax: 10 });
  const first = cache.find("a");
  database.finish();
  expect(await first).toBeNull();
  database.store(aVerificationRecord());
  const second = cache.find("a");
  database.finish();
  expect(await second).toEqual(aVerificationRecord());
});

test("no more is remembered than was allowed", async () => {
  const database = slowDatabase();
  const cache = createRecordCache({ ...database, entriesMax: 3 });
  for (const secret of ["a", "b", "c", "d", "e"]) {
    const read = cache.find(secret);
    database.finish();
    await read;
  }
  expect(cache.size).toBe(3);
  cache.evict([aVerificationRecord().keyId]);
  expect(cache.size).toBe(0);
});
