import type { WorkspaceActor } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { createConnection } from "mysql2/promise";
import { describe, expect, test } from "vitest";

import { openDatabase } from "../src/database/open-database.ts";
import { freshDatabase, type ServerKind, serverKinds } from "./database/fresh-database.ts";
import { keyUseCases } from "./database/key-use-cases.ts";
import { createRows } from "./database/rows.ts";
import { storeTenant } from "./database/tenant.ts";

const KEYS = 6;
/** Clients give up after 10 s: whoever called must hear well before of the keys that were changed. */
const BOUND_MS = 8_000;

/** Keys of which another connection holds some, as a backup or a person at a prompt may. */
const start = async (kind: ServerKind, held: readonly number[]) => {
  await using stack = new AsyncDisposableStack();
  const fresh = stack.use(await freshDatabase(kind));
  const { database } = stack.use(await openDatabase(fresh.settings));
  const rows = createRows();
  const { workspace, owner } = await storeTenant(database, rows);
  const keys = Array.from({ length: KEYS }, () => rows.key(owner));
  await database.transaction(async (stores) => {
    for (const key of keys) await stores.keys.insert(key);
  });
  const keyIds = keys.map(({ id }) => id);
  const holder = await createConnection({ uri: fresh.url.replace(/^\w+:/, "mysql:") });
  stack.defer(() => holder.end());
  await holder.beginTransaction();
  for (const index of held) await holder.query("SELECT id FROM api_keys WHERE id = ? FOR UPDATE", [keyIds[index]]);
  const actor: WorkspaceActor = { kind: "workspace", tokenId: "t", role: "admin", workspaceId: workspace.id };
  const useCases = keyUseCases(database, createFakeClock());
  const owned = stack.move();
  return {
    actor,
    keyIds,
    useCases,
    release: () => holder.rollback(),
    isRevoked: async (id: string) => (await database.read.keys.findById(workspace.id, id))?.revokedAt != null,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

const timed = async <Result>(work: Promise<Result>) => {
  const begun = performance.now();
  const result = await work;
  return { result, tookMs: performance.now() - begun };
};

type Outcome = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly message: string };
const told = (outcome: Outcome) => {
  if (outcome.ok) return "done";
  if (outcome.code !== "UNAVAILABLE") return outcome.code;
  return /nothing was (done|tried)/.exec(outcome.message)?.[0] ?? outcome.message;
};

describe.concurrent.each(serverKinds)("several keys of which somebody else holds some, on %s", (kind) => {
  test("one that is held stays as it is and says so, and all others are done", async () => {
    await using started = await start(kind, [1]);
    const { actor, keyIds, useCases, isRevoked, release } = started;
    const { result, tookMs } = await timed(useCases.revokeMany(actor, { keyIds }));
    expect(result.results.map(told)).toEqual(["done", "nothing was done", "done", "done", "done", "done"]);
    expect(tookMs).toBeLessThan(BOUND_MS);
    expect(await Promise.all(keyIds.map(isRevoked))).toEqual([true, false, true, true, true, true]);
    await release();
    const again = await useCases.revokeMany(actor, { keyIds });
    expect(again.results.map(told)).toEqual(keyIds.map(() => "done"));
  });

  test("when many are held, the rest is not tried, so that the answer comes in time", async () => {
    await using started = await start(kind, [1, 2, 4]);
    const { actor, keyIds, useCases, isRevoked } = started;
    const { result, tookMs } = await timed(useCases.pauseMany(actor, { keyIds }));
    const [held, left] = ["nothing was done", "nothing was tried"];
    expect(result.results.map(told)).toEqual(["done", held, held, left, left, left]);
    expect(tookMs).toBeLessThan(BOUND_MS);
    expect(await Promise.all(keyIds.map(isRevoked))).toEqual(keyIds.map(() => false));
  });

  test("a change of one that is held is given up in time", async () => {
    await using started = await start(kind, [0]);
    const { actor, keyIds, useCases } = started;
    const change = useCases.revoke(actor, { keyId: keyIds[0] ?? "" }).catch((error: unknown) => error);
    const { result, tookMs } = await timed(change);
    expect(result).toMatchObject({ code: "DEADLOCK" });
    expect(tookMs).toBeLessThan(BOUND_MS);
  });
});
