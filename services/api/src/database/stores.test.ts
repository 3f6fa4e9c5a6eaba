import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../test/database/fresh-database.ts";
import { createRows } from "../../test/database/rows.ts";
import { storeTenant } from "../../test/database/tenant.ts";

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
      ).toEqual({ keys: [], next: null });
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
    expect((await opened.database.read.workspaces.list({ limit: 9 })).map(({ slug }) => slug)).toEqual([
      "ACME",
      "acme",
    ]);
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
      return (await database.read.keys.list(of, { ...newestFirst, ...listing })).keys.map(({ id }) => id);
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
});
