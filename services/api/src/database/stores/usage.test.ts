import { createPurgeUsage, createWriteUsage, type UsageBatch } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../../test/database/fresh-database.ts";
import { createRows } from "../../../test/database/rows.ts";
import { storeTenant } from "../../../test/database/tenant.ts";

const hour = new Date("2027-01-01T10:00:00Z");
const month = new Date("2027-01-01T00:00:00Z");

const batchOf = (change: Partial<UsageBatch>): UsageBatch => ({
  writerId: "writer-1",
  batch: 1,
  hours: [],
  months: [],
  keys: [],
  versions: [],
  ...change,
});

const valid = (scopeId: string, requests = 1) =>
  ({ scopeId, hour, outcome: "VALID", requests, cost: requests }) as const;

describe.each(databaseKinds)("usage on %s", (kind) => {
  const open = async () => {
    const opened = await openFreshDatabase(kind);
    const { database } = opened;
    return {
      database,
      write: createWriteUsage({ database, clock: createFakeClock() }),
      requests: async (scopeId: string) =>
        (await database.read.usage.requestsSince([scopeId], { outcome: "VALID", from: hour })).get(scopeId) ?? 0,
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  };

  test("a batch adds to what is there, and the same batch again adds nothing", async () => {
    await using started = await open();
    const { write, requests } = started;
    const first = batchOf({ hours: [valid("key_1", 3)], months: [{ workspaceId: "ws_1", month, cost: 3 }] });
    await write(first);
    await write(first);
    expect(await requests("key_1")).toBe(3);
    await write(batchOf({ batch: 2, hours: [valid("key_1", 4)] }));
    await write(first);
    expect(await requests("key_1")).toBe(7);
    await write(batchOf({ writerId: "writer-2", hours: [valid("key_1"), valid("key_2")] }));
    expect(await requests("key_1")).toBe(8);
  });

  test("two attempts at one batch at once add it once", async () => {
    await using started = await open();
    const { write, requests } = started;
    for (let batch = 1; batch <= 5; batch += 1) {
      const sent = batchOf({ batch, hours: [valid("key_1")] });
      const outcomes = await Promise.allSettled([write(sent), write(sent), write(sent)]);
      expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
      expect(await requests("key_1")).toBe(batch);
    }
  });

  test("writers that add to the same rows at once lose nothing", async () => {
    await using started = await open();
    const { write, requests } = started;
    const names = Array.from({ length: 700 }, (_, index) => `key_${String(index).padStart(4, "0")}`);
    await Promise.all(
      [1, 2, 3, 4].map(async (writer) => {
        for (let batch = 1; batch <= 3; batch += 1) {
          await write(batchOf({ writerId: `writer-${writer}`, batch, hours: names.map((name) => valid(name)) }));
        }
      }),
    );
    expect(
      await Promise.all([names[0], names[499], names[500], names[699]].map((name) => requests(name ?? ""))),
    ).toEqual([12, 12, 12, 12]);
  });

  test("the last use moves forward only, and is no change of the key", async () => {
    await using started = await open();
    const { database, write } = started;
    const rows = createRows();
    const { workspace, owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    const version = rows.version({ keyId: key.id });
    await database.transaction(async ({ keys, versions }) => {
      await keys.insert(key);
      await versions.insert(version);
    });
    const told: (readonly string[])[] = [];
    database.onKeysChanged((ids) => void told.push(ids));
    const [early, late] = [new Date("2027-01-02T00:00:00Z"), new Date("2027-01-02T00:00:07Z")];
    for (const [index, at] of [late, early].entries()) {
      await write(batchOf({ batch: index + 1, keys: [{ id: key.id, at }], versions: [{ id: version.id, at }] }));
    }
    expect(await database.read.keys.findById(workspace.id, key.id)).toEqual({ ...key, lastUsedAt: late });
    expect(await database.read.versions.findByDigest([version.digest])).toEqual({ ...version, lastUsedAt: late });
    expect(told).toEqual([]);
  });

  test("old hours go, batch by batch, with writers that are gone; newer hours and the months stay", async () => {
    await using started = await open();
    const { database, write, requests } = started;
    const old = [0, 1, 2].flatMap((back) =>
      Array.from({ length: 400 }, (_, index) => ({
        ...valid(`key_${String(index).padStart(4, "0")}`),
        hour: new Date(hour.getTime() - (back + 1) * 3_600_000),
      })),
    );
    await write(batchOf({ hours: [...old, valid("key_0001", 5)], months: [{ workspaceId: "ws_1", month, cost: 9 }] }));
    const clock = createFakeClock(new Date(hour.getTime() + 10 * 24 * 3_600_000));
    const purge = createPurgeUsage({ database, clock, retentionDays: 10 });
    expect(await purge()).toBe(old.length);
    expect(await purge()).toBe(0);
    expect(await requests("key_0001")).toBe(5);
    expect(await database.read.usage.costsOf(["ws_1"], month)).toEqual(new Map([["ws_1", 9]]));
    // Its writer's row is gone, too, so a number that was used would be taken again: nobody sends one after so long.
    await write(batchOf({ hours: [valid("key_0001")] }));
    expect(await requests("key_0001")).toBe(6);
  });
});
