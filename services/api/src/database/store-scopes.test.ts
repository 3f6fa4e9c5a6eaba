import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../test/database/fresh-database.ts";
import { createRows } from "../../test/database/rows.ts";
import { storeTenant } from "../../test/database/tenant.ts";
import { DatabaseError } from "./database-error.ts";

const at = (text: string) => new Date(text);

describe.each(databaseKinds)("what belongs to whom, in the stores on %s", (kind) => {
  test("a cluster finds the keys of the workspaces that it may act for, as they are, and no others", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const [{ owner }, other] = [await storeTenant(database, rows), await storeTenant(database, rows)];
    const key = rows.key(owner);
    const [one, two] = [rows.cluster(), rows.cluster()];
    await database.transaction(async ({ keys, clusters }) => {
      await keys.insert(key);
      for (const cluster of [one, two]) await clusters.insert(cluster);
      for (const workspaceId of [owner.workspaceId, other.workspace.id]) await clusters.allow(one.id, workspaceId);
      await clusters.allow(two.id, other.workspace.id);
    });
    const { keys } = database.read;
    expect(await keys.findForCluster(one.id, key.id)).toEqual(key);
    expect(await keys.findForCluster(two.id, key.id)).toBeNull();
    expect(await keys.findForCluster(one.id, "key_none")).toBeNull();
  });

  test("a key of another workspace is not found", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const other = await storeTenant(database, rows);
    const key = rows.key(owner);
    await database.transaction(({ keys }) => keys.insert(key));
    expect(await database.read.keys.findById(other.workspace.id, key.id)).toBeNull();
    expect(await database.read.keys.findById(owner.workspaceId, key.id)).toEqual(key);
    expect(await database.read.projects.findBySlug(other.workspace.id, "default")).toBeNull();
  });

  test("a cluster may act for the workspaces it is allowed, and for no others", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const [one, two] = [rows.cluster({ slug: "b" }), rows.cluster({ slug: "a" })];
    const last = rows.workspace({ slug: "zeta" });
    const first = rows.workspace({ slug: "acme" });
    await database.transaction(async ({ clusters, workspaces }) => {
      for (const workspace of [last, first]) await workspaces.insert(workspace);
      for (const cluster of [one, two]) await clusters.insert(cluster);
      await clusters.allow(one.id, last.id);
      await clusters.allow(one.id, first.id);
      await clusters.allow(one.id, first.id);
    });
    const { clusters } = database.read;
    expect((await clusters.list()).map(({ slug }) => slug)).toEqual(["a", "b"]);
    expect(await clusters.isAllowed(one.id, first.id)).toBe(true);
    expect(await clusters.isAllowed(two.id, first.id)).toBe(false);
    expect(await clusters.allowedWorkspaces([one.id, two.id])).toEqual(
      new Map([
        [one.id, [first, last]],
        [two.id, []],
      ]),
    );
    await database.transaction((stores) => stores.clusters.disallow(one.id, first.id));
    expect(await clusters.isAllowed(one.id, first.id)).toBe(false);
    const error = await database.transaction((stores) => stores.clusters.allow(one.id, "ws_none")).catch((e) => e);
    expect(error).toBeInstanceOf(DatabaseError);
  });

  test("tokens are listed by owner, newest first, and revoked once", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { workspace } = await storeTenant(database, rows);
    const [operator, admin, viewer, second] = [
      rows.token(),
      rows.token({ role: "admin", workspaceId: workspace.id }),
      rows.token({ role: "viewer", workspaceId: workspace.id }),
      rows.token(),
    ];
    await database.transaction(async ({ tokens }) => {
      for (const token of [operator, admin, viewer, second]) await tokens.insert(token);
    });
    const { tokens } = database.read;
    expect(await tokens.list(workspace.id, { limit: 9 })).toEqual([viewer, admin]);
    expect(await tokens.list(null, { limit: 9 })).toEqual([second, operator]);
    expect(await tokens.isEmpty()).toBe(false);
    const [early, late] = [at("2027-01-01T00:00:00.001Z"), at("2027-01-01T00:00:00.002Z")];
    await database.transaction((stores) => stores.tokens.revoke(admin.id, early));
    await database.transaction((stores) => stores.tokens.revoke(admin.id, late));
    expect(await tokens.findById(admin.id)).toEqual({ ...admin, revokedAt: early });
    expect(await tokens.findById(viewer.id)).toEqual(viewer);
  });
});
