import { type ClusterActor, ConcurrentChange, createDelivery, type Database, type Stores } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { openDatabase } from "../src/database/open-database.ts";
import { freshDatabase, serverKinds } from "./database/fresh-database.ts";
import { createRows } from "./database/rows.ts";
import { storeTenant } from "./database/tenant.ts";
import { useCaseDeps } from "./database/use-case-deps.ts";

const clock = createFakeClock();
const settings = { name: "a", requestsPerMinute: 60, expiresAt: null, paused: false, permissions: [], ipRules: [] };

/** The same stores, where something happens once between a look at the owner and the next one at its key. */
const meanwhile = (happens: () => Promise<unknown>) => {
  let isOver = false;
  return (stores: Stores): Stores => ({
    ...stores,
    bindings: {
      ...stores.bindings,
      findByOwner: async (...asked) => {
        const binding = await stores.bindings.findByOwner(...asked);
        if (!isOver) {
          isOver = true;
          await happens();
        }
        return binding;
      },
    },
  });
};

const deliveryOn = (database: Database, watched: (stores: Stores) => Stores) =>
  createDelivery(
    useCaseDeps(
      {
        ...database,
        read: watched(database.read),
        transaction: (work) => database.transaction((stores) => work(watched(stores))),
        commit: (work) => database.commit((stores) => work(watched(stores))),
      },
      clock,
    ),
  );

/** An owner whose key was revoked, and is deleted while the cluster asks for it. */
const start = async (kind: (typeof serverKinds)[number]) => {
  await using stack = new AsyncDisposableStack();
  const fresh = stack.use(await freshDatabase(kind));
  const { database } = stack.use(await openDatabase(fresh.settings));
  // As another replica has it.
  const { database: other } = stack.use(await openDatabase(fresh.settings));
  const rows = createRows();
  const { workspace, project, owner } = await storeTenant(database, rows);
  const cluster = rows.cluster();
  const key = rows.key({ ...owner, revokedAt: clock.now() });
  const binding = rows.binding({ clusterId: cluster.id, keyId: key.id });
  await database.transaction(async (stores) => {
    await stores.clusters.insert(cluster);
    await stores.clusters.allow(cluster.id, workspace.id);
    await stores.keys.insert(key);
    await stores.bindings.insert(binding);
  });
  const deleteKey = () =>
    other.transaction(async ({ bindings, keys }) => {
      await bindings.releaseKey(key.id, clock.now());
      await keys.delete(key);
    });
  const withdraw = () => other.transaction(({ clusters }) => clusters.disallow(cluster.id, workspace.id));
  const { ownerUid, namespace, name } = binding;
  const owned = stack.move();
  return {
    actor: { kind: "cluster", tokenId: "t", role: "reconciler", clusterId: cluster.id } satisfies ClusterActor,
    owner: { uid: ownerUid, namespace, name },
    place: { workspace: workspace.slug, project: project.slug, environment: key.environment },
    afterDeletion: () => deliveryOn(database, meanwhile(deleteKey)),
    afterWithdrawal: () => deliveryOn(database, meanwhile(withdraw)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

describe.each(serverKinds)("a key that is deleted while its cluster asks for it, on %s", (kind) => {
  test("is gone when it is configured, and not forbidden", async () => {
    await using started = await start(kind);
    const { actor, owner, afterDeletion } = started;
    await expect(afterDeletion().configure(actor, { owner, settings })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("has released its owner when a version is registered", async () => {
    await using started = await start(kind);
    const { actor, owner, place, afterDeletion } = started;
    const registering = afterDeletion().register(actor, {
      ...place,
      owner,
      revision: 1,
      secretSha256: "ab".repeat(32),
      displayPrefix: "itsy_production_sk_abcd",
      settings,
      deliverWithinMs: 60_000,
      replaceRevoked: true,
    });
    expect(await registering).toEqual({ outcome: "released" });
  });

  test("is looked for again by whoever only looks", async () => {
    await using started = await start(kind);
    const { actor, owner, afterDeletion } = started;
    const { observe } = afterDeletion();
    const input = { ownerUid: owner.uid, candidates: [] };
    await expect(observe(actor, input)).rejects.toThrow(ConcurrentChange);
    expect(await observe(actor, input)).toMatchObject({ key: null, released: true });
  });

  test("is forbidden where it is the access that is taken away", async () => {
    await using started = await start(kind);
    const { actor, owner, afterWithdrawal } = started;
    await expect(afterWithdrawal().configure(actor, { owner, settings })).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});
