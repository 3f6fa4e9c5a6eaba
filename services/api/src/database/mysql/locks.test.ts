import { describe, expect, test } from "vitest";

import { openFreshDatabase, serverKinds } from "../../../test/database/fresh-database.ts";
import { createMeetingPoint } from "../../../test/database/meeting-point.ts";
import { mustFind } from "../../../test/database/must-find.ts";
import { createRows } from "../../../test/database/rows.ts";
import { storeTenant } from "../../../test/database/tenant.ts";

describe.each(serverKinds)("locks on %s", (kind) => {
  test("a version whose key was deleted since the key was read: it runs again, and finds no key", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    await database.transaction(({ keys }) => keys.insert(key));
    const hasRead = Promise.withResolvers<void>();
    const isDeleted = Promise.withResolvers<void>();
    const seen: boolean[] = [];
    const adding = database.transaction(async (stores) => {
      const found = await stores.keys.findById(owner.workspaceId, key.id);
      seen.push(found !== null);
      if (found === null) return;
      hasRead.resolve();
      await isDeleted.promise;
      await stores.versions.insert(rows.version({ keyId: key.id }));
    });
    await hasRead.promise;
    await database.transaction(({ keys }) => keys.delete(key));
    isDeleted.resolve();
    await adding;
    expect(seen).toEqual([true, false]);
  });

  test("a wait for a lock that took too long is retried", async () => {
    const mayEnd = Promise.withResolvers<void>();
    await using opened = await openFreshDatabase(kind, {
      limits: { lockWaitS: 1 },
      sleep: async () => mayEnd.resolve(),
    });
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    await database.transaction(({ keys }) => keys.insert(key));
    const locked = Promise.withResolvers<void>();
    const holding = database.transaction(async ({ keys }) => {
      await keys.update(key, { name: "first" });
      locked.resolve();
      await mayEnd.promise;
    });
    await locked.promise;
    const waiting = database.transaction(async (stores) => {
      const seen = await mustFind(stores, owner.workspaceId, key.id);
      await stores.keys.update(seen, { requestsPerMinute: 61 });
    });
    await Promise.all([holding, waiting]);
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toMatchObject({
      name: "first",
      requestsPerMinute: 61,
    });
  });

  test("a deadlock is retried until both transactions took effect", async () => {
    const sleeps: number[] = [];
    await using opened = await openFreshDatabase(kind, { sleep: async (delayMs) => void sleeps.push(delayMs) });
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const [first, second] = [rows.key(owner), rows.key(owner)];
    await database.transaction(async ({ keys }) => {
      await keys.insert(first);
      await keys.insert(second);
    });
    const bothHoldOne = createMeetingPoint(2);
    const crossing = (ids: readonly [string, string]) =>
      database.transaction(async (stores) => {
        const [one, other] = ids;
        const seenOne = await mustFind(stores, owner.workspaceId, one);
        await stores.keys.update(seenOne, { requestsPerMinute: seenOne.requestsPerMinute + 1 });
        await bothHoldOne();
        const seenOther = await mustFind(stores, owner.workspaceId, other);
        await stores.keys.update(seenOther, { requestsPerMinute: seenOther.requestsPerMinute + 1 });
      });
    await Promise.all([crossing([first.id, second.id]), crossing([second.id, first.id])]);
    const stored = await database.read.keys.list(
      { workspaceId: owner.workspaceId, at: new Date(0) },
      { sort: "created", order: "desc", limit: 10 },
    );
    expect(stored.keys.map(({ requestsPerMinute }) => requestsPerMinute)).toEqual([62, 62]);
    expect(sleeps.length).toBeGreaterThan(0);
  });
});
