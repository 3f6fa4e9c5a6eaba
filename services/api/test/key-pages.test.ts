import type { KeyView } from "@itsy/contract";
import type { ApiKey, WorkspaceActor } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { type DatabaseKind, databaseKinds, openFreshDatabase } from "./database/fresh-database.ts";
import { keyUseCases } from "./database/key-use-cases.ts";
import { createRows } from "./database/rows.ts";
import { storeTenant } from "./database/tenant.ts";

const ROUNDS = 100;
const MINUTE_MS = 60_000;
const clock = createFakeClock();
const startMs = clock.now().getTime() - 60 * MINUTE_MS;

/** Keys that were used one minute after the other, and everything that lists them. */
const start = async (kind: DatabaseKind) => {
  const opened = await openFreshDatabase(kind);
  const { database } = opened;
  const rows = createRows();
  const { owner, workspace } = await storeTenant(database, rows);
  const keys = Array.from({ length: 12 }, (_, minute) =>
    rows.key({ ...owner, lastUsedAt: new Date(startMs + minute * MINUTE_MS) }),
  );
  await database.transaction(async (stores) => {
    for (const key of keys) await stores.keys.insert(key);
  });
  const actor: WorkspaceActor = { kind: "workspace", workspaceId: workspace.id, tokenId: "t", role: "admin" };
  const { list, pause, resume } = keyUseCases(database, clock);
  return {
    keys,
    /** The last one of the first page. */
    fourth: keys[3] as ApiKey,
    use: (keyId: string, at: Date) => database.transaction(({ usage }) => usage.touchKeys([{ id: keyId, at }])),
    pause: (keyId: string) => pause(actor, { keyId }),
    resume: (keyId: string) => resume(actor, { keyId }),
    page: (cursor?: string) =>
      list(actor, { sort: "lastUsed", order: "asc", status: "active", limit: 4, ...(cursor && { cursor }) }),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
};

/** Begins the change at another moment of the page each time. */
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe.each(databaseKinds)("pages that are read while a key changes, on %s", (kind) => {
  test("hold every key that did not", { timeout: 60_000 }, async () => {
    await using started = await start(kind);
    const { keys, page, use } = started;
    let usedMs = startMs + 30 * MINUTE_MS;
    let next: readonly (string | undefined)[] = keys.map(({ id }) => id);
    for (let round = 0; round < ROUNDS; round += 1) {
      // What is used becomes the last of all, so the fourth is another one each time.
      const [a, b, c, touched = "", ...rest] = next;
      next = [a, b, c, ...rest, touched];
      usedMs += 1000;
      const first = page();
      await turns(round % 8);
      const used = use(touched, new Date(usedMs));
      const seen: KeyView[] = [];
      for (let read = await first; ; read = await page(read.nextCursor ?? undefined)) {
        seen.push(...read.keys);
        if (read.nextCursor === null) break;
      }
      await used;
      const seenIds = new Set(seen.map(({ id }) => id));
      expect(keys.filter(({ id }) => id !== touched && !seenIds.has(id))).toEqual([]);
    }
  });

  test("show no key of another status than was asked for, and are full", { timeout: 60_000 }, async () => {
    await using started = await start(kind);
    const { fourth, page, pause, resume } = started;
    for (let round = 0; round < ROUNDS; round += 1) {
      const first = page();
      await turns(round % 8);
      const pausing = pause(fourth.id);
      const { keys } = await first;
      expect(keys.map(({ status }) => status)).toEqual(["active", "active", "active", "active"]);
      await pausing;
      await resume(fourth.id);
    }
  });
});
