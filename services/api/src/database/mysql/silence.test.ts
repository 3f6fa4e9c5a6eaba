import { describe, expect, test } from "vitest";
import { startFreezableProxy } from "../../../test/database/freezable-proxy.ts";
import { freshDatabase, serverKinds } from "../../../test/database/fresh-database.ts";
import { createRows } from "../../../test/database/rows.ts";
import { storeTenant } from "../../../test/database/tenant.ts";
import { DatabaseError } from "../database-error.ts";
import { parseDatabaseUrl } from "../database-url.ts";
import { openDatabase } from "../open-database.ts";

const limits = {
  connectionsMax: 3,
  lookupConnectionsMax: 2,
  connectTimeoutMs: 300,
  acquireTimeoutMs: 500,
  queryTimeoutMs: 400,
  lookupTimeoutMs: 400,
};
/** One acquisition and one statement, with room for a busy machine. */
const BOUND_MS = limits.acquireTimeoutMs + limits.queryTimeoutMs + 1_500;

const codeOf = (error: unknown): unknown => (error instanceof DatabaseError ? error.code : error);

describe.each(serverKinds)("a %s that falls silent", (kind) => {
  test("nobody waits beyond the limits, and everything works again when it answers", async () => {
    await using fresh = await freshDatabase(kind);
    await using proxy = await startFreezableProxy(fresh.url);
    await using opened = await openDatabase(parseDatabaseUrl(proxy.url), { limits });
    const { database, lookup } = opened;
    const rows = createRows();
    const { owner } = await storeTenant(database, rows);
    const key = rows.key(owner);
    const version = rows.version({ keyId: key.id });
    await database.transaction(async ({ keys, versions }) => {
      await keys.insert(key);
      await versions.insert(version);
    });
    const outcomes = async () => {
      const begun = performance.now();
      const settled = await Promise.allSettled([
        // Far more than there are connections: most wait for one.
        ...Array.from({ length: 30 }, () => database.read.keys.findById(owner.workspaceId, key.id)),
        ...Array.from({ length: 30 }, () => lookup.find([version.digest])),
        opened.tokens.find([version.digest]),
        database.transaction(({ keys }) => keys.insert(rows.key(owner))),
        // Far more than share one transaction: most wait for the next one, and the one after it.
        ...Array.from({ length: 300 }, () => database.commitShared(({ keys }) => keys.insert(rows.key(owner)))),
        opened.ping(),
      ]);
      expect(performance.now() - begun).toBeLessThan(BOUND_MS);
      return new Set(settled.map((result) => (result.status === "rejected" ? codeOf(result.reason) : "answered")));
    };
    // The limits are short: connections that are only being made may not be there in time.
    await expect.poll(outcomes, { timeout: 10_000 }).toEqual(new Set(["answered"]));

    const inserted = Promise.withResolvers<void>();
    const silent = Promise.withResolvers<void>();
    const underWay = database
      .transaction(async ({ keys }) => {
        await keys.insert(rows.key({ ...owner, name: "lost" }));
        inserted.resolve();
        await silent.promise;
        await keys.insert(rows.key({ ...owner, name: "lost" }));
      })
      .catch(codeOf);
    await inserted.promise;
    proxy.freeze();
    silent.resolve();
    expect(await outcomes()).toEqual(new Set(["UNREACHABLE"]));
    expect(await underWay).toBe("UNREACHABLE");
    expect(await outcomes()).toEqual(new Set(["UNREACHABLE"]));

    proxy.thaw();
    await expect.poll(outcomes, { timeout: 10_000 }).toEqual(new Set(["answered"]));
    const names = (
      await database.read.keys.list(
        { workspaceId: owner.workspaceId, at: new Date(0) },
        { sort: "created", order: "desc", limit: 100 },
      )
    ).keys.map(({ name }) => name);
    expect(names).not.toContain("lost");
  });

  test("a statement that is yet to be prepared does not wait for ever either", async () => {
    await using fresh = await freshDatabase(kind);
    await using proxy = await startFreezableProxy(fresh.url);
    await using opened = await openDatabase(parseDatabaseUrl(proxy.url), { limits });
    const { lookup, tokens, feed } = opened;
    const unknown = [new Uint8Array(32)];
    // Connections are there, and have prepared these only.
    await expect
      .poll(() => Promise.all([lookup.find(unknown), feed?.listReplicas()]), { timeout: 10_000 })
      .toBeTruthy();
    proxy.freeze();
    const begun = performance.now();
    const settled = await Promise.allSettled([tokens.find(unknown), feed?.poll("nobody")]);
    expect(performance.now() - begun).toBeLessThan(BOUND_MS);
    expect(settled).toMatchObject([{ reason: { code: "UNREACHABLE" } }, { reason: { code: "UNREACHABLE" } }]);
  });
});
