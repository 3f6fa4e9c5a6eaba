import { inspect } from "node:util";

import { ConcurrentChange, DuplicateRow } from "@itsy/core";
import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../test/database/fresh-database.ts";
import { createRows } from "../../test/database/rows.ts";
import { storeTenant } from "../../test/database/tenant.ts";
import { DatabaseError } from "./database-error.ts";

const at = (text: string) => new Date(text);
const newestFirst = { sort: "created", order: "desc", limit: 100 } as const;

describe.each(databaseKinds)("the stores on %s", (kind) => {
  test("what is stored comes back the same: milliseconds, names beyond the BMP, bytes and null", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const workspace = rows.workspace({ name: "Käse 🧀 𝒳 日本", createdAt: at("2027-02-28T23:59:59.999Z") });
    const project = rows.project({ workspaceId: workspace.id, name: "\u{1F9C0}'\"\\`%_" });
    const owner = { workspaceId: workspace.id, projectId: project.id };
    const plain = rows.key(owner);
    const full = rows.key({
      ...owner,
      name: "🔑",
      environment: "local",
      requestsPerMinute: 1_000_000,
      expiresAt: at("9999-12-31T23:59:59.999Z"),
      pausedAt: at("2027-03-28T01:30:00.001Z"),
      pausedBy: "manifest",
      revokedAt: at("1970-01-01T00:00:00.000Z"),
      lastUsedAt: at("2027-10-31T01:30:00.002Z"),
      revision: 2_147_483_647,
      latestRevision: 2_147_483_647,
      displayPrefix: "itsy_local_sk_ab1Z",
      owner: "Käse 🧀 GmbH",
      metadata: { plan: "größer", "x.y-z_1": "" },
      version: 7,
    });
    const edges = Uint8Array.from({ length: 32 }, (_, index) => [0, 0x27, 0x5c, 0xff, 0xc8][index % 5] ?? 0);
    const version = rows.version({ keyId: full.id, digest: edges, confirmedAt: at("2027-01-02T03:04:05.006Z") });
    const cluster = rows.cluster();
    const token = rows.token({ role: "reconciler", clusterId: cluster.id, expiresAt: at("2027-01-02T03:04:05.006Z") });
    const binding = rows.binding({ clusterId: cluster.id, keyId: full.id, namespace: "shop", name: "a.b-c" });
    await database.transaction(async (stores) => {
      await stores.workspaces.insert(workspace);
      await stores.projects.insert(project);
      await stores.keys.insert(plain);
      await stores.keys.insert(full);
      await stores.versions.insert(version);
      await stores.clusters.insert(cluster);
      await stores.tokens.insert(token);
      await stores.bindings.insert(binding);
    });

    const { read } = database;
    expect(await read.workspaces.findById(workspace.id)).toEqual(workspace);
    expect(await read.workspaces.findBySlug(workspace.slug)).toEqual(workspace);
    expect(await read.projects.findBySlug(workspace.id, project.slug)).toEqual(project);
    expect(await read.keys.findById(workspace.id, plain.id)).toEqual(plain);
    expect(await read.keys.findById(workspace.id, full.id)).toEqual(full);
    expect(await read.versions.findByDigest([new Uint8Array(32), edges])).toEqual(version);
    expect(await read.clusters.findById(cluster.id)).toEqual(cluster);
    expect(await read.clusters.findBySlug(cluster.slug)).toEqual(cluster);
    expect(await read.tokens.findById(token.id)).toEqual(token);
    expect(await read.tokens.findByDigest([token.digest])).toEqual(token);
    expect(await opened.tokens.find([new Uint8Array(32), token.digest])).toEqual(token);
    expect(await read.bindings.findByOwner(cluster.id, binding.ownerUid)).toEqual(binding);
  });

  test("what is not there is null or empty, whatever the text asked for", async () => {
    await using opened = await openFreshDatabase(kind);
    const { read } = opened.database;
    for (const text of ["nothing", "é", "🔑", "'; --", "", "ACME"]) {
      expect(await read.workspaces.findById(text)).toBeNull();
      expect(await read.workspaces.findBySlug(text)).toBeNull();
      expect(await read.keys.findById(text, text)).toBeNull();
      expect(
        await read.keys.list(
          { workspaceId: text, at: new Date(0) },
          { ...newestFirst, after: { value: null, id: text } },
        ),
      ).toEqual([]);
    }
    expect(await read.versions.listValid([], new Date())).toEqual([]);
    expect(await read.versions.findByDigest([])).toBeNull();
    expect(await read.versions.findByDigest([new Uint8Array(3)])).toBeNull();
    expect(await read.tokens.findByDigest([])).toBeNull();
    expect(await opened.tokens.find([])).toBeNull();
    expect(await read.tokens.isEmpty()).toBe(true);
    expect(await read.bindings.listByKeys([])).toEqual([]);
    expect(await read.clusters.allowedWorkspaces([])).toEqual(new Map());
  });

  test("slugs and ids are compared byte by byte", async () => {
    await using opened = await openFreshDatabase(kind);
    const rows = createRows();
    const workspace = rows.workspace({ slug: "acme" });
    await opened.database.transaction((stores) => stores.workspaces.insert(workspace));
    expect(await opened.database.read.workspaces.findBySlug("Acme")).toBeNull();
    expect(await opened.database.read.workspaces.findById(workspace.id.toUpperCase())).toBeNull();
    await opened.database.transaction((stores) => stores.workspaces.insert(rows.workspace({ slug: "ACME" })));
    expect((await opened.database.read.workspaces.list()).map(({ slug }) => slug)).toEqual(["ACME", "acme"]);
  });

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
    const orphan = rows.version({ keyId: "key_planted" });
    const error = await opened.database.transaction(({ versions }) => versions.insert(orphan)).catch((e) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error.code).toBe("UNEXPECTED");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/planted|INSERT INTO/);
  });

  test("a write outside a transaction is refused", async () => {
    await using opened = await openFreshDatabase(kind);
    const error = await opened.database.read.workspaces.insert(createRows().workspace()).catch((e) => e);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(await opened.database.read.workspaces.list()).toEqual([]);
  });

  test("keys are listed newest first, page by page, within the filter", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner, workspace } = await storeTenant(database, rows);
    const other = rows.project({ workspaceId: workspace.id });
    const keys = Array.from({ length: 7 }, (_, index) =>
      rows.key({
        ...owner,
        ...(index === 3 ? { projectId: other.id } : {}),
        ...(index % 2 === 0 ? { environment: "preview" as const } : {}),
      }),
    );
    await database.transaction(async (stores) => {
      await stores.projects.insert(other);
      for (const key of keys) await stores.keys.insert(key);
    });
    const reversed = keys.toReversed();
    const list = async (filter: object, listing: object = {}) => {
      const of = { workspaceId: workspace.id, at: new Date(0), ...filter };
      return (await database.read.keys.list(of, { ...newestFirst, ...listing })).map(({ id }) => id);
    };
    const after = (index: number) => ({ after: { value: null, id: reversed[index]?.id } });
    const ids = (some: typeof keys) => some.map(({ id }) => id);

    expect(await list({})).toEqual(ids(reversed));
    expect(await list({}, { limit: 3 })).toEqual(ids(reversed.slice(0, 3)));
    expect(await list({}, { limit: 3, ...after(2) })).toEqual(ids(reversed.slice(3, 6)));
    expect(await list({}, { limit: 3, ...after(5) })).toEqual(ids(reversed.slice(6)));
    expect(await list({ projectId: other.id })).toEqual(ids(reversed.filter((key) => key.projectId === other.id)));
    expect(await list({ environment: "preview" })).toEqual(
      ids(reversed.filter((key) => key.environment === "preview")),
    );
  });

  test("listValid has the versions that work at the instant, by key and revision", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const [first, second] = [rows.key(owner), rows.key(owner)];
    const now = at("2027-06-01T12:00:00.500Z");
    const retiring = rows.version({ keyId: second.id, revision: 1, validUntil: new Date(now.getTime() + 1) });
    const current = rows.version({ keyId: second.id, revision: 2 });
    const ended = rows.version({ keyId: first.id, revision: 1, validUntil: now });
    const replaced = rows.version({ keyId: first.id, revision: 2, validUntil: new Date(now.getTime() - 1) });
    const again = rows.version({ keyId: first.id, revision: 2 });
    await database.transaction(async ({ keys, versions }) => {
      await keys.insert(first);
      await keys.insert(second);
      for (const version of [current, retiring, ended, replaced, again]) await versions.insert(version);
    });
    expect(await database.read.versions.listValid([second.id, first.id], now)).toEqual([again, retiring, current]);

    await database.transaction(({ versions }) => versions.update(again.id, { confirmedAt: now, validUntil: now }));
    expect(await database.read.versions.findByDigest([again.digest])).toEqual({
      ...again,
      confirmedAt: now,
      validUntil: now,
    });
    expect(await database.read.versions.listValid([first.id], now)).toEqual([]);
    await database.transaction(({ versions }) => versions.update(again.id, { validUntil: null }));
    expect(await database.read.versions.listValid([first.id], now)).toEqual([
      { ...again, confirmedAt: now, validUntil: null },
    ]);
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
    expect(await tokens.list(workspace.id)).toEqual([viewer, admin]);
    expect(await tokens.list(null)).toEqual([second, operator]);
    expect(await tokens.isEmpty()).toBe(false);
    const [early, late] = [at("2027-01-01T00:00:00.001Z"), at("2027-01-01T00:00:00.002Z")];
    await database.transaction((stores) => stores.tokens.revoke(admin.id, early));
    await database.transaction((stores) => stores.tokens.revoke(admin.id, late));
    expect(await tokens.findById(admin.id)).toEqual({ ...admin, revokedAt: early });
    expect(await tokens.findById(viewer.id)).toEqual(viewer);
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
