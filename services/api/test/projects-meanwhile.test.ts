import { ConcurrentChange, type Database, type Stores } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { type DatabaseKind, databaseKinds, openFreshDatabase } from "./database/fresh-database.ts";
import { keyUseCases } from "./database/key-use-cases.ts";
import { createRows } from "./database/rows.ts";
import { storeTenant } from "./database/tenant.ts";

const clock = createFakeClock();

/** The same reads, where something happens once, just after the first look at a table. */
const meanwhile = (database: Database, happens: () => Promise<unknown>, table: "keys" | "projects"): Database => {
  const { read } = database;
  let isOver = false;
  const once = async () => {
    if (isOver) return;
    isOver = true;
    await happens();
  };
  const keys: Stores["keys"] = {
    ...read.keys,
    list: async (...asked) => {
      const found = await read.keys.list(...asked);
      if (table === "keys") await once();
      return found;
    },
  };
  const projects: Stores["projects"] = {
    ...read.projects,
    list: async (...asked) => {
      const found = await read.projects.list(...asked);
      if (table === "projects") await once();
      return found;
    },
  };
  return { ...database, read: { ...read, keys, projects } };
};

const start = async (kind: DatabaseKind) => {
  await using stack = new AsyncDisposableStack();
  const { database } = stack.use(await openFreshDatabase(kind));
  const rows = createRows();
  const { workspace, project, owner } = await storeTenant(database, rows);
  const key = rows.key(owner);
  await database.transaction(({ keys }) => keys.insert(key));
  const owned = stack.move();
  return {
    database,
    actor: { kind: "workspace", tokenId: "t", role: "viewer", workspaceId: workspace.id } as const,
    addBoth: () =>
      database.transaction(async ({ keys, projects }) => {
        const added = rows.project({ workspaceId: workspace.id });
        await projects.insert(added);
        await keys.insert(rows.key({ ...owner, projectId: added.id }));
      }),
    removeBoth: () =>
      database.transaction(async ({ keys, projects }) => {
        await keys.delete(key);
        await projects.delete(project);
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

const health = { idleDays: 30, expiresWithinDays: 30, limit: 50 };

describe.each(databaseKinds)("a project that comes or goes with its key while somebody looks, on %s", (kind) => {
  test("is no trouble where it comes", async () => {
    await using started = await start(kind);
    const { database, actor, addBoth } = started;
    const keys = keyUseCases(meanwhile(database, addBoth, "projects"), clock);
    expect((await keys.health(actor, health)).counts?.checked).toBeGreaterThan(0);
    expect((await keys.list(actor, { limit: 50 })).keys).toHaveLength(2);
  });

  test.each(["health", "list"] as const)("is looked at again by whoever asked for %s, where it goes", async (asked) => {
    await using started = await start(kind);
    const { database, actor, removeBoth } = started;
    const keys = keyUseCases(meanwhile(database, removeBoth, "keys"), clock);
    const ask = () => (asked === "health" ? keys.health(actor, health) : keys.list(actor, { limit: 50 }));
    await expect(ask()).rejects.toThrow(ConcurrentChange);
    expect((await ask()).keys).toEqual([]);
  });
});
