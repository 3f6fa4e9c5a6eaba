import { inspect } from "node:util";

import { ConcurrentChange, DuplicateRow } from "@itsy/core";
import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../test/database/fresh-database.ts";
import { createRows } from "../../test/database/rows.ts";
import { storeTenant } from "../../test/database/tenant.ts";
import { DatabaseError } from "./database-error.ts";

const at = (text: string) => new Date(text);

describe.each(databaseKinds)("writes of the stores on %s", (kind) => {
  test("a conditional update writes once and refuses the version that is gone", async () => {
    await using opened = await openFreshDatabase(kind, { sleep: async () => undefined });
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key({ ...owner, displayPrefix: "x" });
    await database.transaction(({ keys }) => keys.insert(key));

    const changed = await database.transaction(({ keys }) =>
      keys.update(key, { name: "new", displayPrefix: null, pausedAt: at("2027-05-05T05:05:05.005Z") }),
    );
    expect(changed).toEqual({
      ...key,
      name: "new",
      displayPrefix: null,
      pausedAt: at("2027-05-05T05:05:05.005Z"),
      version: 2,
    });
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toEqual(changed);

    await expect(database.transaction(({ keys }) => keys.update(key, { name: "late" }))).rejects.toThrow(
      ConcurrentChange,
    );
    // A row that stays as it was counts as found: nothing to change is not a conflict.
    const same = await database.transaction(({ keys }) => keys.update(changed, { name: "new" }));
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toEqual(same);
    expect(same.version).toBe(3);
  });

  test("a duplicate is DuplicateRow with the table's name, and nothing of the row in it", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    const digest = Uint8Array.from(Buffer.from("PLANTED-DIGEST-PLANTED-DIGEST-32"));
    const version = rows.version({ keyId: key.id, digest });
    const workspace = rows.workspace({ slug: "planted-slug" });
    await database.transaction(async ({ keys, versions, workspaces }) => {
      await keys.insert(key);
      await versions.insert(version);
      await workspaces.insert(workspace);
    });
    const failures = await Promise.all([
      database.transaction(({ versions }) => versions.insert(rows.version({ keyId: key.id, digest }))).catch((e) => e),
      database
        .transaction(({ workspaces }) => workspaces.insert(rows.workspace({ slug: "planted-slug" })))
        .catch((e) => e),
      database.transaction(({ keys }) => keys.insert({ ...key, name: "planted-name" })).catch((e) => e),
    ]);
    expect(failures.map((error) => (error instanceof DuplicateRow ? error.table : error))).toEqual([
      "secret_versions",
      "workspaces",
      "api_keys",
    ]);
    const hex = Buffer.from(digest).toString("hex");
    for (const error of failures) {
      const everything = `${inspect(error, { depth: 10, showHidden: true })} ${error.stack} ${JSON.stringify(error)}`;
      expect(everything).not.toMatch(/planted/i);
      expect(everything.toLowerCase()).not.toContain(hex);
      expect(everything).not.toContain(key.id);
    }
  });

  test("an error of the database has a stable code, and nothing of the statement in it", async () => {
    await using opened = await openFreshDatabase(kind);
    const rows = createRows();
    const orphan = rows.project({ workspaceId: "ws_planted" });
    const error = await opened.database.transaction(({ projects }) => projects.insert(orphan)).catch((e) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error.code).toBe("UNEXPECTED");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/planted|INSERT INTO/);
  });

  test("a write outside a transaction is refused", async () => {
    await using opened = await openFreshDatabase(kind);
    const error = await opened.database.read.workspaces.insert(createRows().workspace()).catch((e) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(await opened.database.read.workspaces.list({ limit: 9 })).toEqual([]);
  });

  test("a binding changes only from the state that was seen", async () => {
    await using opened = await openFreshDatabase(kind, { sleep: async () => undefined });
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const [first, second] = [rows.key(owner), rows.key(owner)];
    const cluster = rows.cluster();
    const binding = rows.binding({ clusterId: cluster.id });
    await database.transaction(async (stores) => {
      for (const key of [first, second]) await stores.keys.insert(key);
      await stores.clusters.insert(cluster);
      await stores.bindings.insert(binding);
      await stores.bindings.update(binding, { keyId: first.id });
    });
    const late = database.transaction(({ bindings }) => bindings.update(binding, { keyId: second.id }));
    await expect(late).rejects.toThrow(ConcurrentChange);
    const owned = { ...binding, keyId: first.id };
    expect(await database.read.bindings.listByKeys([first.id, second.id])).toEqual([owned]);
    const releasedAt = at("2027-01-01T00:00:00.001Z");
    await database.transaction(({ bindings }) => bindings.update(owned, { releasedAt, name: "renamed" }));
    expect(await database.read.bindings.listByKeys([first.id])).toEqual([]);
    expect(await database.read.bindings.findByOwner(cluster.id, binding.ownerUid)).toEqual({
      ...owned,
      releasedAt,
      name: "renamed",
    });
  });
});
