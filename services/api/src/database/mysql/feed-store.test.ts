import { randomUUID } from "node:crypto";

import type { FeedStore, KeyChange } from "@itsy/core";
import { describe, expect, test } from "vitest";

import { openFreshDatabase, serverKinds } from "../../../test/database/fresh-database.ts";
import { createRows } from "../../../test/database/rows.ts";
import { storeTenant } from "../../../test/database/tenant.ts";
import type { OpenDatabase } from "../open-database.ts";

const feedOf = ({ feed }: OpenDatabase): FeedStore => {
  if (feed === null) throw new Error("a server has a feed");
  return feed;
};

const registered = async (feed: FeedStore) => {
  const id = randomUUID();
  await feed.registerReplica({ id, leaseMs: 2000 });
  return id;
};

const keyIdsIn = async (feed: FeedStore, id: string) =>
  (await feed.poll(id))?.changes.map(({ keyId }) => keyId).toSorted();

describe.each(serverKinds)("the change feed on %s", (kind) => {
  test("a change that commits late is seen, whatever was read and removed before it", async () => {
    await using opened = await openFreshDatabase(kind);
    const feed = feedOf(opened);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const [early, late] = [rows.key(owner), rows.key(owner)];
    await database.transaction(async ({ keys }) => {
      await keys.insert(early);
      await keys.insert(late);
    });
    const id = await registered(feed);
    // Keys that were created are in nobody's memory.
    expect(await feed.poll(id)).toEqual({ beat: 0, changes: [] });

    const told: KeyChange[] = [];
    database.onKeysChanged((_ids, changes) => void told.push(...changes));
    const changed = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const slow = database.transaction(async ({ keys }) => {
      await keys.update(late, { name: "late" });
      changed.resolve();
      await go.promise;
    });
    await changed.promise;
    await database.transaction(({ keys }) => keys.update(early, { name: "early" }));
    expect(await keyIdsIn(feed, id)).toEqual([early.id]);
    await feed.deleteChanges(told.map((change) => change.id));
    expect(await keyIdsIn(feed, id)).toEqual([]);
    go.resolve();
    await slow;
    expect(await feed.poll(id)).toEqual({ beat: 0, changes: [told[1]] });
    expect(told.map(({ keyId }) => keyId)).toEqual([early.id, late.id]);
  });

  test("a transaction that fails puts nothing in, and one that only announces puts the key in", async () => {
    await using opened = await openFreshDatabase(kind);
    const feed = feedOf(opened);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    await database.transaction(({ keys }) => keys.insert(key));
    const id = await registered(feed);
    const failing = database.transaction(async ({ keys }) => {
      await keys.update(key, { name: "lost" });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await keyIdsIn(feed, id)).toEqual([]);
    const { everywhere } = await database.commit(({ keys }) => Promise.resolve(keys.announce(key.id)));
    expect(await keyIdsIn(feed, id)).toEqual([key.id]);
    // Nobody here follows the feed, so nobody can promise anything.
    expect(await everywhere).toMatchObject({ effectiveEverywhere: false, reason: "STOPPED" });
  });

  test("beats and removals depend on the beat, and many changes go at once", async () => {
    await using opened = await openFreshDatabase(kind);
    const feed = feedOf(opened);
    const id = await registered(feed);
    expect(await feed.renewReplica({ id, beat: 1 })).toBe(false);
    expect(await feed.renewReplica({ id, beat: 0 })).toBe(true);
    expect(await feed.renewReplica({ id, beat: 0 })).toBe(false);
    expect(await feed.listReplicas()).toEqual([{ id, beat: 1, leaseMs: 2000 }]);
    const ids = Array.from({ length: 700 }, (_, index) => `key_${index}`);
    const { database } = opened;
    const told: KeyChange[] = [];
    database.onKeysChanged((_ids, changes) => void told.push(...changes));
    await database.transaction(async ({ keys }) => ids.forEach((one) => keys.announce(one)));
    expect(await keyIdsIn(feed, id)).toEqual(ids.toSorted());
    await feed.deleteChanges(told.slice(1).map((change) => change.id));
    await feed.deleteChanges([]);
    expect((await feed.poll(id))?.changes).toEqual(told.slice(0, 1));
    expect(await feed.removeReplica({ id, beat: 0 })).toBe(false);
    expect(await feed.removeReplica({ id, beat: 1 })).toBe(true);
    expect(await feed.poll(id)).toBeNull();
  });
});

test("an embedded database has no feed and promises at once", async () => {
  await using opened = await openFreshDatabase("sqlite");
  expect(opened.feed).toBeNull();
  const { everywhere } = await opened.database.commit(({ keys }) => Promise.resolve(keys.announce("key_1")));
  expect(await everywhere).toEqual({ effectiveEverywhere: true, waitedMs: 0 });
});
