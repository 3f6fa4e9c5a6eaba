import type { Everywhere } from "@itsy/contract";
import type { BarrierResult, WorkspaceActor } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { parseDatabaseUrl } from "../src/database/database-url.ts";
import { openDatabase } from "../src/database/open-database.ts";
import { startFreezableProxy } from "./database/freezable-proxy.ts";
import { freshDatabase, type ServerKind, serverKinds } from "./database/fresh-database.ts";
import { keyUseCases } from "./database/key-use-cases.ts";
import { createRows } from "./database/rows.ts";
import { storeTenant } from "./database/tenant.ts";

const KEYS = 8;
/** How many keys are changed before the database is gone. */
const DONE = 3;

const clock = createFakeClock();

/** What those that committed are told of the replicas: the first one holds everywhere, the others do not yet. */
const answers: readonly BarrierResult[] = [
  { effectiveEverywhere: true, waitedMs: 1 },
  { effectiveEverywhere: false, waitedMs: 2, reason: "DATABASE_UNREACHABLE" },
  { effectiveEverywhere: false, waitedMs: 3, reason: "LEASE_NOT_OVER" },
];

/** Keys in a database that goes away right after `DONE` of them were changed. */
const start = async (kind: ServerKind) => {
  await using stack = new AsyncDisposableStack();
  const fresh = stack.use(await freshDatabase(kind));
  const direct = stack.use(await openDatabase(fresh.settings));
  const proxy = stack.use(await startFreezableProxy(fresh.url));
  const { database } = stack.use(await openDatabase(parseDatabaseUrl(proxy.url)));
  const rows = createRows();
  const { workspace, owner } = await storeTenant(direct.database, rows);
  const keys = Array.from({ length: KEYS }, () => rows.key(owner));
  await direct.database.transaction(async (stores) => {
    for (const key of keys) await stores.keys.insert(key);
  });
  let changed = 0;
  database.onKeysChanged(() => {
    const answer = answers[changed];
    changed += 1;
    if (changed === DONE) proxy.cut();
    return answer === undefined ? undefined : Promise.resolve(answer);
  });
  const actor: WorkspaceActor = { kind: "workspace", tokenId: "t", role: "admin", workspaceId: workspace.id };
  const owned = stack.move();
  return {
    actor,
    keyIds: keys.map(({ id }) => id),
    keys: keyUseCases(database, clock),
    stored: (id: string) => direct.database.read.keys.findById(workspace.id, id),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

const codeOf = (result: { readonly ok: boolean; readonly code?: string }) => (result.ok ? "done" : result.code);
const everywhereOf = (shown: Everywhere) => [shown.effectiveEverywhere, shown.waitedMs];
const expected = Array.from({ length: KEYS }, (_, index) => (index < DONE ? "done" : "UNAVAILABLE"));

describe.each(serverKinds)("when %s goes away in the middle of several keys", (kind) => {
  test("each that was revoked says so and where it holds, and each other one that nobody knows", async () => {
    await using started = await start(kind);
    const { actor, keyIds, keys, stored } = started;
    const { results } = await keys.revokeMany(actor, { keyIds });
    expect(results.map(codeOf)).toEqual(expected);
    expect(results.flatMap((result) => (result.ok ? [everywhereOf(result.key)] : []))).toEqual(
      answers.map(everywhereOf),
    );
    for (const [index, id] of keyIds.entries()) {
      expect((await stored(id))?.revokedAt, `key ${index}`).toEqual(index < DONE ? clock.now() : null);
    }
  });

  test("each that was deleted says so, so that nobody has to ask again and be told NOT_FOUND", async () => {
    await using started = await start(kind);
    const { actor, keyIds, keys, stored } = started;
    const { results } = await keys.deleteMany(actor, {
      keys: keyIds.map((keyId) => ({ keyId, confirmName: "checkout" })),
    });
    expect(results.map(codeOf)).toEqual(expected);
    expect(results.flatMap((result) => (result.ok ? [everywhereOf(result)] : []))).toEqual(answers.map(everywhereOf));
    for (const [index, id] of keyIds.entries()) expect((await stored(id)) === null).toBe(index < DONE);
  });
});
