import type { VerificationRecord } from "@itsy/core";
import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../test/database/fresh-database.ts";
import { createRows } from "../../test/database/rows.ts";
import { storeTenant } from "../../test/database/tenant.ts";

describe.each(databaseKinds)("the hot lookup on %s", (kind) => {
  test("a digest finds everything verify needs, another one finds nothing", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database, lookup } = opened;
    const rows = createRows(7);
    const { owner, workspace, project } = await storeTenant(database, rows);
    const instants = {
      expiresAt: new Date("2028-01-01T00:00:00.001Z"),
      pausedAt: new Date("2027-01-01T00:00:00.002Z"),
      revokedAt: new Date("2027-01-01T00:00:00.003Z"),
    };
    const details = { owner: "Ärzte 🧀", metadata: { plan: "größer" }, requestsPerMinute: 1234 };
    const access = { permissions: ["files:*", "read"], ipRules: ["10.0.0.0/8", "2001:db8::/32"] };
    const key = rows.key({ ...owner, ...instants, ...details, ...access, name: "Käse 🧀", environment: "preview" });
    const open = rows.key(owner);
    const validUntil = new Date("2027-06-01T00:00:00.004Z");
    // Bytes that are no UTF-8, a quote, a backslash and zeros.
    const digest = Uint8Array.from({ length: 32 }, (_, index) => [0xff, 0x27, 0x5c, 0, 0xc3][index % 5] ?? 0);
    const openVersion = rows.version({ keyId: open.id });
    const version = rows.version({ keyId: key.id, digest, confirmedAt: key.createdAt, validUntil });
    await database.transaction(async ({ keys, versions }) => {
      await keys.insert(key);
      await keys.insert(open);
      await versions.insert(version);
      await versions.insert(openVersion);
    });
    const record: VerificationRecord = {
      keyId: key.id,
      versionId: version.id,
      projectId: project.id,
      workspaceId: workspace.id,
      workspace: workspace.slug,
      project: project.slug,
      environment: "preview",
      name: "Käse 🧀",
      ...details,
      permissions: new Set(access.permissions),
      ipRules: { networks: access.ipRules.length, allow: expect.any(Function) },
      ...instants,
      validUntil,
      retiring: true,
      pepperVersion: 1,
    };
    const unknown = rows.version({ keyId: "key_none" }).digest;
    expect(await lookup.find([digest])).toEqual(record);
    expect(await lookup.find([unknown, digest])).toEqual(record);
    const allow = (await lookup.find([digest]))?.ipRules?.allow;
    expect(["10.1.2.3", "2001:db8::1", "192.0.2.1"].map((ip) => allow?.(ip))).toEqual([true, true, false]);
    expect(await lookup.find([openVersion.digest, unknown, unknown])).toEqual({
      ...record,
      keyId: open.id,
      versionId: openVersion.id,
      name: open.name,
      owner: null,
      metadata: {},
      permissions: new Set(),
      ipRules: null,
      environment: open.environment,
      requestsPerMinute: open.requestsPerMinute,
      expiresAt: null,
      pausedAt: null,
      revokedAt: null,
      validUntil: null,
      retiring: false,
    });
    expect(await lookup.find([unknown])).toBeNull();
    expect(await lookup.find([new Uint8Array(32)])).toBeNull();
    expect(await lookup.find([])).toBeNull();
  });

  test("what a transaction committed is found at once, what it did not is not found", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database, lookup } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    const version = rows.version({ keyId: key.id });
    const inserted = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const writing = database.transaction(async ({ keys, versions }) => {
      await keys.insert(key);
      await versions.insert(version);
      inserted.resolve();
      await mayEnd.promise;
    });
    await inserted.promise;
    expect(await lookup.find([version.digest])).toBeNull();
    mayEnd.resolve();
    await writing;
    const revokedAt = new Date("2027-01-01T00:00:00.001Z");
    expect(await lookup.find([version.digest])).toMatchObject({ keyId: key.id, revokedAt: null });
    await database.transaction(({ keys }) => keys.update(key, { revokedAt }));
    expect(await lookup.find([version.digest])).toMatchObject({ keyId: key.id, revokedAt });
  });

  test("100 lookups at once are all answered", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database, lookup } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const keys = Array.from({ length: 20 }, () => rows.key(owner));
    const versions = keys.map((key) => rows.version({ keyId: key.id }));
    await database.transaction(async (stores) => {
      for (const key of keys) await stores.keys.insert(key);
      for (const version of versions) await stores.versions.insert(version);
    });
    const asked = Array.from({ length: 5 }, () => versions).flat();
    const found = await Promise.all(asked.map(({ digest }) => lookup.find([digest])));
    expect(found.map((record) => record?.keyId)).toEqual(asked.map(({ keyId }) => keyId));
  });
});
