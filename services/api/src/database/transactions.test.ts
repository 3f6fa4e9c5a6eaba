import { ConcurrentChange } from "@itsy/core";
import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../test/database/fresh-database.ts";
import { createMeetingPoint } from "../../test/database/meeting-point.ts";
import { mustFind } from "../../test/database/must-find.ts";
import { createRows } from "../../test/database/rows.ts";
import { storeTenant } from "../../test/database/tenant.ts";
import { DatabaseError } from "./database-error.ts";
import { RETRIES_MAX } from "./retry.ts";

describe.each(databaseKinds)("transactions on %s", (kind) => {
  test("two transactions that meet on one key both take effect", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key({ ...owner, requestsPerMinute: 1 });
    await database.transaction(({ keys }) => keys.insert(key));
    const bothHaveRead = createMeetingPoint(2);
    let runs = 0;
    const increment = () =>
      database.transaction(async (stores) => {
        runs += 1;
        const seen = await mustFind(stores, owner.workspaceId, key.id);
        // On SQLite, the second one does not begin before the first one ended.
        if (kind !== "sqlite") await bothHaveRead();
        await stores.keys.update(seen, { requestsPerMinute: seen.requestsPerMinute + 1 });
      });
    await Promise.all([increment(), increment()]);
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toMatchObject({
      requestsPerMinute: 3,
      version: 3,
    });
    expect(runs).toBe(kind === "sqlite" ? 2 : 3);
  });

  test("what is run again did not have to hurry for its first turn, and does not wait for a second one", async () => {
    let nowMs = 0;
    await using opened = await openFreshDatabase(kind, { limits: { connectionsMax: 1 }, nowMs: () => nowMs });
    const { database } = opened;
    const order: string[] = [];
    const mayEnd = Promise.withResolvers<void>();
    const holding = database.transaction(() => mayEnd.promise);
    const repeated = database.transaction(async ({ workspaces }) => {
      await workspaces.list({ limit: 9 });
      order.push("repeated");
      if (order.length === 1) throw new ConcurrentChange("x");
    });
    const next = database.transaction(async () => void order.push("next"));
    nowMs = 60_000;
    mayEnd.resolve();
    await Promise.all([holding, repeated, next]);
    expect(order).toEqual(["repeated", "repeated", "next"]);
  });

  test("a transaction that throws leaves nothing, tells nobody and blocks nobody", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const told: string[] = [];
    database.onKeysChanged((ids) => void told.push(...ids));
    const [lost, kept] = [rows.key(owner), rows.key(owner)];
    const failure = new Error("stop");
    const failed = database.transaction(async ({ keys, versions }) => {
      await keys.insert(lost);
      await versions.insert(rows.version({ keyId: lost.id }));
      throw failure;
    });
    await expect(failed).rejects.toBe(failure);
    expect(told).toEqual([]);
    await database.transaction(({ keys }) => keys.insert(kept));
    expect(
      await database.read.keys.list(
        { workspaceId: owner.workspaceId, at: new Date(0) },
        { sort: "created", order: "desc", limit: 10 },
      ),
    ).toEqual({ keys: [kept], next: null });
    expect(told).toEqual([kept.id]);
  });

  test("a statement that failed does not spoil what the transaction did before it", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    await database.transaction(async ({ keys }) => {
      await keys.insert(key);
      await expect(keys.insert(key)).rejects.toThrow("api_keys");
    });
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toEqual(key);
  });

  test("a reader sees nothing of a transaction before its end", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    const inserted = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const writing = database.transaction(async ({ keys }) => {
      await keys.insert(key);
      inserted.resolve();
      await mayEnd.promise;
    });
    await inserted.promise;
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toBeNull();
    mayEnd.resolve();
    await writing;
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toEqual(key);
  });

  test("listeners are told after the commit and before the transaction returns", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const [first, second, silent] = [rows.key(owner), rows.key(owner), rows.key(owner)];
    const version = rows.version({ keyId: second.id });
    await database.transaction(async ({ keys, versions }) => {
      for (const key of [first, second, silent]) await keys.insert(key);
      await versions.insert(version);
    });
    const events: unknown[] = [];
    let seen: Promise<unknown> = Promise.resolve();
    database.onKeysChanged((ids) => {
      events.push(ids.toSorted());
      seen = database.read.versions.findByDigest([version.digest]);
    });
    const confirmedAt = new Date("2027-01-01T00:00:00.001Z");
    await database.transaction(async ({ keys, versions }) => {
      await keys.update(first, { name: "renamed" });
      // The store is not given the key of the version.
      await versions.update(version.id, { confirmedAt });
      events.push("work ended");
    });
    events.push("returned");
    expect(events).toEqual(["work ended", [first.id, second.id], "returned"]);
    expect(await seen).toEqual({ ...version, confirmedAt });
  });

  test("a listener that throws does not undo what is committed", async () => {
    const warnings: string[] = [];
    const logger = { info: () => undefined, warn: (_: object, message: string) => void warnings.push(message) };
    await using opened = await openFreshDatabase(kind, { logger });
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    database.onKeysChanged(() => {
      throw new Error("listener");
    });
    const told: string[] = [];
    database.onKeysChanged((ids) => void told.push(...ids));
    const key = rows.key(owner);
    await database.transaction(({ keys }) => keys.insert(key));
    expect(told).toEqual([key.id]);
    expect(warnings).toEqual(["a listener to changed keys failed"]);
  });

  test("work that always meets a concurrent change is given up after the retries", async () => {
    const delays: number[] = [];
    await using opened = await openFreshDatabase(kind, {
      random: () => 0.5,
      sleep: async (delayMs) => void delays.push(delayMs),
    });
    let runs = 0;
    const hopeless = opened.database.transaction(async () => {
      runs += 1;
      throw new ConcurrentChange("the key");
    });
    await expect(hopeless).rejects.toThrow(ConcurrentChange);
    expect(runs).toBe(RETRIES_MAX + 1);
    expect(delays).toEqual([5, 10, 20, 40, 80]);
  });

  test("a transaction inside a transaction is refused, not waited for", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const nested = database.transaction(() => database.transaction(async () => undefined));
    await expect(nested).rejects.toThrow(DatabaseError);
    await database.transaction(async () => undefined);
  });

  test("50 transactions at once lose nothing", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const keys = Array.from({ length: 50 }, () => rows.key(owner));
    const rejected = await Promise.all(
      keys.map((key, index) =>
        database
          .transaction(async (stores) => {
            await stores.keys.insert(key);
            await stores.versions.insert(rows.version({ keyId: key.id }));
            const changed = await stores.keys.update(key, { revision: 1 });
            await stores.keys.update(changed, { latestRevision: 1 });
            if (index % 10 === 9) throw new Error("rolled back");
          })
          .then(
            () => null,
            () => key.id,
          ),
      ),
    );
    const lost = rejected.filter((id) => id !== null);
    expect(lost).toHaveLength(5);
    const stored = await database.read.keys.list(
      { workspaceId: owner.workspaceId, at: new Date(0) },
      { sort: "created", order: "desc", limit: 100 },
    );
    expect(stored.keys.map(({ id, version }) => [id, version])).toEqual(
      keys
        .filter(({ id }) => !lost.includes(id))
        .map(({ id }) => [id, 3])
        .toReversed(),
    );
  });
});
