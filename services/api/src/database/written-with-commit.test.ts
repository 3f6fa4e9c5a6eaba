import { DuplicateRow, type Stores } from "@itsy/core";
import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase, serverKinds } from "../../test/database/fresh-database.ts";
import { createRows } from "../../test/database/rows.ts";
import { storeTenant } from "../../test/database/tenant.ts";
import { RETRIES_MAX } from "./retry.ts";

const at = new Date("2027-01-01T00:00:00.000Z");
const countsOf = (stores: Stores, workspaceId: string) => stores.keys.count({ workspaceId, at });

describe.each(databaseKinds)("what is written with the commit on %s", (kind) => {
  test("a key, its first version and its count are there together", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key({ ...owner, name: "'; COMMIT; -- ?\\" });
    const version = rows.version({ keyId: key.id });
    await database.transaction(async ({ keys }) => keys.insertLast(key, version));
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toEqual(key);
    expect(await database.read.versions.findByDigest([version.digest])).toEqual(version);
    expect(await countsOf(database.read, owner.workspaceId)).toMatchObject({ active: 1 });
  });

  test("where one of it is refused nothing is committed, also of what was sent before", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const [kept, early, late] = [rows.key(owner), rows.key(owner), rows.key(owner)];
    const version = rows.version({ keyId: kept.id });
    await database.transaction(async ({ keys }) => keys.insertLast(kept, version));
    const refused = await database
      .transaction(async ({ keys }) => {
        await keys.insert(early);
        keys.insertLast(late, rows.version({ keyId: late.id, digest: version.digest }));
      })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DuplicateRow);
    expect(refused).toMatchObject({ table: "secret_versions" });
    for (const { id } of [early, late]) expect(await database.read.keys.findById(owner.workspaceId, id)).toBeNull();
    expect(await countsOf(database.read, owner.workspaceId)).toMatchObject({ active: 1 });
    await database.transaction(({ keys }) => keys.insert(late));
  });

  test("more than goes in one packet is there whole, or not at all", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const many = Array.from({ length: 70 }, () => rows.key(owner));
    const insertAll = (last: (typeof many)[number]) =>
      database.transaction(async ({ keys }) => {
        for (const key of [...many, last]) keys.insertLast(key, rows.version({ keyId: key.id }));
      });
    await expect(insertAll(many[0] ?? rows.key(owner))).rejects.toThrow("api_keys");
    expect(await countsOf(database.read, owner.workspaceId)).toMatchObject({ active: 0 });
    await insertAll(rows.key(owner));
    expect(await countsOf(database.read, owner.workspaceId)).toMatchObject({ active: 71 });
  });
});

describe.each(serverKinds)("statements sent together to %s", (kind) => {
  test("where one fails all fail with its error, and those behind it had no effect", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const [first, second] = [rows.key(owner), rows.key(owner)];
    await database.transaction(async ({ keys }) => {
      const outcomes = await Promise.allSettled([keys.insert(first), keys.insert(first), keys.insert(second)]);
      expect(outcomes).toMatchObject(Array.from({ length: 3 }, () => ({ reason: { table: "api_keys" } })));
    });
    expect(await database.read.keys.findById(owner.workspaceId, first.id)).toEqual(first);
    expect(await database.read.keys.findById(owner.workspaceId, second.id)).toBeNull();
  });

  test("a first statement that a unique key refuses leaves a transaction that goes on", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const [known, key] = [rows.key(owner), rows.key(owner)];
    await database.transaction(({ keys }) => keys.insert(known));
    const failed = database.transaction(async ({ keys }) => {
      await keys.insert(known).catch(() => undefined);
      await keys.update(known, { name: "renamed" });
      await keys.insert(key);
      throw new Error("stop");
    });
    await expect(failed).rejects.toThrow("stop");
    expect(await database.read.keys.findById(owner.workspaceId, known.id)).toEqual(known);
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toBeNull();
  });

  test("a project that was removed meanwhile makes the transaction run again", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key({ ...owner, projectId: "prj_gone" });
    let runs = 0;
    const inserting = database.transaction(async ({ keys }) => {
      runs += 1;
      keys.insertLast(key, rows.version({ keyId: key.id }));
    });
    await expect(inserting).rejects.toThrow("the project of a new key");
    expect(runs).toBe(RETRIES_MAX + 1);
  });

  test("after an error of the database nothing takes effect by itself, whatever the work makes of it", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const [early, late] = [rows.key(owner), rows.key(owner)];
    const committed = database.transaction(async ({ keys }) => {
      await keys.insert(early);
      await keys.insert(rows.key({ ...owner, name: "x".repeat(500) })).catch(() => undefined);
      await keys.insert(late).catch(() => undefined);
    });
    await expect(committed).rejects.toMatchObject({ code: "UNEXPECTED" });
    for (const { id } of [early, late]) expect(await database.read.keys.findById(owner.workspaceId, id)).toBeNull();
  });
});
