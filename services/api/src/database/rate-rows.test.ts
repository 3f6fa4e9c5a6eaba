import type { RateRead } from "@itsy/core";
import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase, serverKinds } from "../../test/database/fresh-database.ts";
import { createRows } from "../../test/database/rows.ts";
import { storeTenant } from "../../test/database/tenant.ts";
import type { RateRows } from "./engine.ts";
import type { OpenDatabase } from "./open-database.ts";

const NOTHING = { row: null, databaseNowMs: expect.any(Number), limit: null };

const insert = (rates: RateRows, keyId: string, version = 1) =>
  rates.write({ keyId, expectedVersion: null, row: { version, counts: `${keyId} ${version}` } });

/** Keys of a fresh tenant, with these limits. */
const storeKeys = async ({ database }: OpenDatabase, limits: readonly number[]) => {
  const rows = createRows(3);
  const { owner } = await storeTenant(database, rows);
  const stored = limits.map((requestsPerMinute) => rows.key({ ...owner, requestsPerMinute }));
  for (const key of stored) await database.transaction(({ keys }) => keys.insert(key));
  return stored;
};

const storeKey = async (opened: OpenDatabase, requestsPerMinute: number) => {
  const [key] = await storeKeys(opened, [requestsPerMinute]);
  if (key === undefined) throw new Error("no key was stored");
  return key;
};

describe.each(databaseKinds)("the counts of rate limits on %s", (kind) => {
  test("a read tells the database's clock, whatever is stored of the key", async () => {
    await using opened = await openFreshDatabase(kind);
    const { rates } = opened;
    for (let times = 0; times < 3; times++) {
      const beforeMs = Date.now();
      const read = await rates.read("key_none");
      expect(read).toEqual(NOTHING);
      // The servers run on this machine: the clocks are one, rounded down.
      expect(read.databaseNowMs).toBeGreaterThanOrEqual(beforeMs - 2);
      expect(read.databaseNowMs).toBeLessThanOrEqual(Date.now() + 1);
      expect(Number.isInteger(read.databaseNowMs)).toBe(true);
    }
  });

  test("of writes that expect the same, one is applied", async () => {
    await using opened = await openFreshDatabase(kind);
    const { rates } = opened;
    const compete = (expectedVersion: number | null, from: number) =>
      Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          rates.write({ keyId: "key_1", expectedVersion, row: { version: from + index, counts: `by ${index}` } }),
        ),
      );
    const first = await compete(null, 2 ** 50);
    expect(first.filter(Boolean)).toHaveLength(1);
    const winner = first.indexOf(true);
    const stored = { version: 2 ** 50 + winner, counts: `by ${winner}` };
    expect(await rates.read("key_1")).toEqual({ ...NOTHING, row: stored });
    expect((await compete(stored.version, 2 ** 51)).filter(Boolean)).toHaveLength(1);
    expect(await rates.write({ keyId: "key_1", expectedVersion: 7, row: { version: 8, counts: "" } })).toBe(false);
    expect(await rates.write({ keyId: "key_2", expectedVersion: 7, row: { version: 8, counts: "" } })).toBe(false);
    expect(await rates.read("key_2")).toEqual(NOTHING);
  });

  test("what does not fit is refused, not cut off", async () => {
    await using opened = await openFreshDatabase(kind);
    const { rates } = opened;
    const counts = "z".repeat(8192);
    expect(await rates.write({ keyId: "key_1", expectedVersion: null, row: { version: 1, counts } })).toBe(true);
    const longer = { version: 2, counts: `${counts}z` };
    await expect(rates.write({ keyId: "key_1", expectedVersion: 1, row: longer })).rejects.toThrow(RangeError);
    await expect(rates.write({ keyId: "key_2", expectedVersion: null, row: longer })).rejects.toThrow(RangeError);
    expect((await rates.read("key_1")).row).toEqual({ version: 1, counts });
    expect((await rates.read("key_2")).row).toBeNull();
  });

  test("a read tells the limit as it is committed", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database, rates } = opened;
    const key = await storeKey(opened, 60);
    expect((await rates.read(key.id)).limit).toBe(60);
    const written = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const changing = database.transaction(async ({ keys }) => {
      await keys.update(key, { requestsPerMinute: 5 });
      written.resolve();
      await mayEnd.promise;
    });
    await written.promise;
    expect((await rates.read(key.id)).limit).toBe(60);
    mayEnd.resolve();
    await changing;
    expect((await rates.read(key.id)).limit).toBe(5);
  });

  test("a write is no part of the transaction beside it", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database, rates } = opened;
    const key = await storeKey(opened, 60);
    let written: Promise<boolean> | undefined;
    const undone = database.transaction(async ({ keys }) => {
      await keys.update(key, { requestsPerMinute: 5 });
      written = insert(rates, key.id);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    expect(await written).toBe(true);
    expect(await rates.read(key.id)).toMatchObject({ row: { version: 1 }, limit: 60 });
  });

  test("what is read or written in one turn is read and written as one by one", async () => {
    await using opened = await openFreshDatabase(kind);
    const { rates } = opened;
    const [unused = "", used = ""] = (await storeKeys(opened, [5, 60])).map(({ id }) => id);
    const ids = [unused, used, "key_of_old", "key_none", ...Array.from({ length: 70 }, (_, n) => `key_${n}`)];
    await Promise.all([used, "key_of_old"].map((keyId) => insert(rates, keyId)));
    await Promise.all(ids.slice(4).map((keyId) => insert(rates, keyId)));
    const asOf = (reads: readonly RateRead[]) => reads.map(({ row, limit }) => ({ row, limit }));
    const oneByOne = async () => {
      const reads: RateRead[] = [];
      for (const keyId of ids) reads.push(await rates.read(keyId));
      return asOf(reads);
    };
    const together = await Promise.all(ids.map((keyId) => rates.read(keyId)));
    expect(together.every(({ databaseNowMs }) => Math.abs(databaseNowMs - Date.now()) < 60_000)).toBe(true);
    expect(asOf(together)).toEqual(await oneByOne());
    expect(asOf(together).slice(0, 4)).toEqual([
      { row: null, limit: 5 },
      { row: { version: 1, counts: `${used} 1` }, limit: 60 },
      { row: { version: 1, counts: "key_of_old 1" }, limit: null },
      { row: null, limit: null },
    ]);

    const isBehind = (index: number) => index % 3 === 0;
    const written = await Promise.all(
      ids.map((keyId, index) =>
        rates.write({ keyId, expectedVersion: isBehind(index) ? 7 : 1, row: { version: 2, counts: "by all" } }),
      ),
    );
    expect(written).toEqual(ids.map((_, index) => together[index]?.row !== null && !isBehind(index)));
    const versions = (await oneByOne()).map(({ row }) => row?.version ?? null);
    expect(versions).toEqual(ids.map((_, index) => (written[index] ? 2 : (together[index]?.row?.version ?? null))));
  });

  test("they go with their key", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database, rates } = opened;
    const key = await storeKey(opened, 60);
    await insert(rates, key.id);
    await insert(rates, "key_other");
    await database.transaction(({ keys }) => keys.delete(key));
    expect(await rates.read(key.id)).toEqual(NOTHING);
    expect((await rates.read("key_other")).row).not.toBeNull();
  });

  test("what nobody wrote for an hour is purged, and nothing else", async () => {
    await using opened = await openFreshDatabase(kind);
    const { rates } = opened;
    const nowMs = (await rates.read("key_none")).databaseNowMs;
    const old = Array.from({ length: 1203 }, (_, index) => `key_old_${String(index).padStart(4, "0")}`);
    await Promise.all(old.slice(0, 600).map((keyId) => insert(rates, keyId, nowMs - 3_700_000)));
    await insert(rates, "key_old_0300_young", nowMs - 3_500_000);
    await insert(rates, "key_of_a_clock_that_stepped_back", nowMs + 100_000_000);
    await Promise.all(old.slice(600).map((keyId) => insert(rates, keyId, nowMs - 3_700_000)));
    expect(await rates.purge()).toBe(1203);
    expect((await rates.read("key_old_0300_young")).row).not.toBeNull();
    expect((await rates.read("key_of_a_clock_that_stepped_back")).row).not.toBeNull();
    expect((await rates.read("key_old_0000")).row).toBeNull();
    expect(await rates.purge()).toBe(0);
  });
});

describe.each(serverKinds)("on %s, where writes share a transaction", (kind) => {
  test("a row that somebody locked keeps none of the others from being written", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database, rates } = opened;
    const key = await storeKey(opened, 60);
    const ids = ["key_a", key.id, "key_z"];
    await Promise.all(ids.map((keyId) => insert(rates, keyId)));
    const locked = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const deleting = database.transaction(async ({ keys }) => {
      await keys.delete(key);
      locked.resolve();
      await mayEnd.promise;
    });
    await locked.promise;
    const written = await Promise.allSettled(
      ids.map((keyId) => rates.write({ keyId, expectedVersion: 1, row: { version: 2, counts: "" } })),
    );
    mayEnd.resolve();
    await deleting;
    expect(written).toEqual([
      { status: "fulfilled", value: true },
      { status: "rejected", reason: expect.objectContaining({ code: "DEADLOCK" }) },
      { status: "fulfilled", value: true },
    ]);
  });
});
