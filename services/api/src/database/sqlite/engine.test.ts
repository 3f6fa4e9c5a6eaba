import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm, stat, symlink, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { freshDatabase } from "../../../test/database/fresh-database.ts";
import { createRows } from "../../../test/database/rows.ts";
import { parseDatabaseUrl } from "../database-url.ts";
import { openDatabase } from "../open-database.ts";

const holder = fileURLToPath(new URL("../../../test/database/hold-sqlite.ts", import.meta.url));

/** Another process that has the database open. */
const startHolder = async (url: string): Promise<{ kill(): Promise<void> } & AsyncDisposable> => {
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@itsy/source", holder, url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  const opened = child.stdout === null ? exited : once(child.stdout, "data");
  await Promise.race([opened, exited.then(() => Promise.reject(new Error("the other process did not open it")))]);
  return { kill, [Symbol.asyncDispose]: kill };
};

describe("an SQLite file", () => {
  test("is refused to a second process, and free as soon as the first one is killed", async () => {
    await using fresh = await freshDatabase("sqlite");
    await using other = await startHolder(fresh.url);
    const refused = await openDatabase(fresh.settings).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "DatabaseStartError", code: "DATABASE_IN_USE" });
    await other.kill();
    await using opened = await openDatabase(fresh.settings);
    expect((await opened.database.read.workspaces.findById("ws_held"))?.name).toBe("Held");
  });

  test("is refused twice in one process, also by another name, until it is closed", async () => {
    await using fresh = await freshDatabase("sqlite");
    const opened = await openDatabase(fresh.settings);
    const link = `${fresh.url}-link`;
    await symlink(fresh.url.slice("sqlite:".length), link.slice("sqlite:".length));
    for (const url of [fresh.url, link]) {
      await expect(openDatabase(parseDatabaseUrl(url))).rejects.toMatchObject({ code: "DATABASE_IN_USE" });
    }
    await opened[Symbol.asyncDispose]();
    await using again = await openDatabase(parseDatabaseUrl(link));
    await again.ping();
  });

  test("a transaction waits for its turn without holding readers up", async () => {
    await using fresh = await freshDatabase("sqlite");
    await using opened = await openDatabase(fresh.settings);
    const { database } = opened;
    const rows = createRows();
    const mayEnd = Promise.withResolvers<void>();
    const first = database.transaction(async ({ workspaces }) => {
      await workspaces.insert(rows.workspace());
      await mayEnd.promise;
    });
    const second = database.transaction(({ workspaces }) => workspaces.insert(rows.workspace()));
    expect(await database.read.workspaces.list({ limit: 9 })).toEqual([]);
    mayEnd.resolve();
    await Promise.all([first, second]);
    expect(await database.read.workspaces.list({ limit: 9 })).toHaveLength(2);
  });

  test("closing waits for the transaction under way", async () => {
    await using fresh = await freshDatabase("sqlite");
    const opened = await openDatabase(fresh.settings);
    const writing = opened.database.transaction(({ workspaces }) => workspaces.insert(createRows().workspace()));
    await opened[Symbol.asyncDispose]();
    await writing;
    await using again = await openDatabase(fresh.settings);
    expect(await again.database.read.workspaces.list({ limit: 9 })).toHaveLength(1);
  });
});

describe("a file that cannot be a database", () => {
  test("is told with its path and the reason, and leaves no lock", async () => {
    await using fresh = await freshDatabase("sqlite");
    const path = fresh.url.slice("sqlite:".length);
    await writeFile(path, "this is no database ".repeat(100));
    const refused = await openDatabase(fresh.settings).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "DatabaseStartError", code: "DATABASE_UNUSABLE" });
    expect(String(refused)).toContain(`${path} cannot be used: SQLITE_NOTADB`);
    const below = await openDatabase(parseDatabaseUrl(`${fresh.url}/below.db`)).catch((error: unknown) => error);
    expect(below).toMatchObject({ code: "DATABASE_UNUSABLE" });
    await rm(path);
    await using opened = await openDatabase(fresh.settings);
    await opened.ping();
  });

  test("a new file is for its owner only, and so is what SQLite puts beside it", async () => {
    await using fresh = await freshDatabase("sqlite");
    await using opened = await openDatabase(fresh.settings);
    await opened.database.transaction(({ workspaces }) => workspaces.insert(createRows().workspace()));
    const path = fresh.url.slice("sqlite:".length);
    for (const name of [path, `${path}-wal`, `${path}-shm`, `${path}-lock`]) {
      expect([name, (await stat(name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });
});

describe("a database in memory", () => {
  test("reads wait for the transaction under way and never see half of it", async () => {
    await using opened = await openDatabase(parseDatabaseUrl("sqlite::memory:"));
    const { database, lookup } = opened;
    const rows = createRows();
    const inserted = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const failing = database
      .transaction(async ({ workspaces }) => {
        await workspaces.insert(rows.workspace());
        inserted.resolve();
        await mayEnd.promise;
        throw new Error("rolled back");
      })
      .catch(() => "failed");
    await inserted.promise;
    const reading = database.read.workspaces.list({ limit: 9 });
    const looking = lookup.find([new Uint8Array(32)]);
    mayEnd.resolve();
    expect(await failing).toBe("failed");
    expect(await reading).toEqual([]);
    expect(await looking).toBeNull();
    await opened.ping();
    expect(await opened.migrationsPending()).toBe(false);
  });

  test("a read of committed data inside a transaction is answered", async () => {
    await using opened = await openDatabase(parseDatabaseUrl("sqlite::memory:"));
    const { database } = opened;
    const rows = createRows();
    const seen = await database.transaction(async ({ workspaces }) => {
      await workspaces.insert(rows.workspace());
      return database.read.workspaces.list({ limit: 9 });
    });
    expect(seen).toHaveLength(1);
  });
});
