import type { ApiKey, KeyFilter } from "@itsy/core";
import { ConcurrentChange, keyStatus } from "@itsy/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../../test/database/fresh-database.ts";
import { createRows, type Rows } from "../../../test/database/rows.ts";
import { storeTenant } from "../../../test/database/tenant.ts";
import { DatabaseError } from "../database-error.ts";
import type { OpenDatabase } from "../open-database.ts";

const at = new Date("2027-06-01T00:00:00.000Z");
const before = new Date(at.getTime() - 1);

const step = fc.record({
  what: fc.constantFrom("pause", "resume", "revoke", "expire", "extend", "bind", "release", "rename", "delete", "mark"),
  which: fc.nat(5),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const changes = {
  pause: { pausedAt: at },
  resume: { pausedAt: null },
  revoke: { revokedAt: at },
  expire: { expiresAt: before },
  extend: { expiresAt: null },
  rename: { name: "other" },
} as const;

const gaveUp = (reason: unknown) =>
  reason instanceof ConcurrentChange || (reason instanceof DatabaseError && reason.code === "DEADLOCK");

describe.each(databaseKinds)("counters of keys on %s", (kind) => {
  let opened: OpenDatabase;
  let rows: Rows;

  beforeAll(async () => {
    opened = await openFreshDatabase(kind);
    rows = createRows();
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const storeKeys = async () => {
    const { owner, workspace } = await storeTenant(opened.database, rows);
    const cluster = rows.cluster();
    const keys = (["production", "preview", "local"] as const).flatMap((environment) => [
      rows.key({ ...owner, environment }),
      rows.key({ ...owner, environment, pausedAt: at, expiresAt: before }),
    ]);
    const bindings = keys.map((key) => rows.binding({ clusterId: cluster.id, keyId: key.id, releasedAt: at }));
    await opened.database.transaction(async (stores) => {
      await stores.clusters.insert(cluster);
      for (const key of keys) await stores.keys.insert(key);
      for (const binding of bindings) await stores.bindings.insert(binding);
    });
    return { workspaceId: workspace.id, projectId: owner.projectId, keys, bindings };
  };
  type Stored = Awaited<ReturnType<typeof storeKeys>>;

  const take = async ({ workspaceId, keys, bindings }: Stored, { what, which }: Step): Promise<void> => {
    const id = keys[which]?.id ?? "";
    const { clusterId = "", ownerUid = "" } = bindings[which] ?? {};
    if (what === "mark") return void (await opened.markExpired(at));
    await opened.database.transaction(async (stores) => {
      const key = await stores.keys.findById(workspaceId, id);
      const binding = await stores.bindings.findByOwner(clusterId, ownerUid);
      if (key === null || binding === null) return;
      if (what === "bind") await stores.bindings.update(binding, { releasedAt: null });
      else if (what === "release") await stores.bindings.update(binding, { releasedAt: at });
      else if (what === "delete") {
        await stores.bindings.releaseKey(id, at);
        await stores.keys.delete(key);
      } else await stores.keys.update(key, changes[what]);
    });
  };

  const listed = async (filter: KeyFilter): Promise<readonly ApiKey[]> =>
    (await opened.database.read.keys.list(filter, { sort: "created", order: "asc", limit: 100 })).keys;

  const expectTrue = async ({ workspaceId, projectId }: Stored) => {
    for (const managed of [undefined, true, false]) {
      for (const choice of [{}, { projectId }, { environment: "preview" as const }]) {
        const filter = { workspaceId, at, managed, ...choice };
        const expected = { active: 0, paused: 0, expired: 0, revoked: 0, isCapped: false };
        for (const key of await listed(filter)) expected[keyStatus(key, at)] += 1;
        expect(await opened.database.read.keys.count(filter)).toEqual(expected);
      }
    }
    const keys = await listed({ workspaceId, at });
    const notRevoked = keys.filter(({ revokedAt }) => revokedAt === null).length;
    await opened.database.transaction(async (stores) => {
      expect(await stores.keys.takePlace(workspaceId, notRevoked)).toBe(false);
      expect(await stores.keys.takePlace(workspaceId, notRevoked + 1)).toBe(true);
    });
  };

  test("whatever happens to keys, several things at a time: the counters are right after it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 6 }), async (rounds) => {
        const stored = await storeKeys();
        for (const round of rounds) {
          const outcomes = await Promise.allSettled(round.map((each) => take(stored, each)));
          // Whoever was slower too often gives up, and has changed nothing.
          for (const outcome of outcomes) if (outcome.status === "rejected") expect(gaveUp(outcome.reason)).toBe(true);
          await expectTrue(stored);
        }
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  test("a search that finds too many is counted up to a bound, and says so", async () => {
    const { owner, workspace } = await storeTenant(opened.database, rows);
    const keys = Array.from({ length: 1001 }, () => rows.key({ ...owner, name: "many" }));
    await opened.database.transaction(async (stores) => {
      for (const key of keys) await stores.keys.insert(key);
    });
    const filter = { workspaceId: workspace.id, at, namePrefix: "man" };
    expect(await opened.database.read.keys.count(filter)).toMatchObject({ isCapped: true, active: 1001 });
    await opened.database.transaction((stores) => stores.keys.delete(keys[0] as ApiKey));
    expect(await opened.database.read.keys.count(filter)).toMatchObject({ isCapped: false, active: 1000 });
  }, 60_000);
});
