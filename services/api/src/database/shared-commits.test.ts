import { ConcurrentChange, type Stores } from "@itsy/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";

import { databaseKinds, openFreshDatabase } from "../../test/database/fresh-database.ts";
import { createRows } from "../../test/database/rows.ts";
import { storeTenant } from "../../test/database/tenant.ts";
import { DatabaseError } from "./database-error.ts";
import { createSharedCommits } from "./shared-commits.ts";

const open = async (kind: (typeof databaseKinds)[number]) => {
  const opened = await openFreshDatabase(kind);
  const { database } = opened;
  const rows = createRows();
  const { owner } = await storeTenant(database, rows);
  const insert = (key = rows.key(owner)) => {
    const version = rows.version({ keyId: key.id });
    return { key, version, work: async ({ keys }: Stores) => keys.insertLast(key, version) };
  };
  const stored = async () => {
    const page = { sort: "created", order: "asc", limit: 500 } as const;
    const found = await database.read.keys.list({ workspaceId: owner.workspaceId, at: new Date(0) }, page);
    return found.keys.map(({ id }) => id).toSorted();
  };
  const active = async () =>
    (await database.read.keys.count({ workspaceId: owner.workspaceId, at: new Date(0) })).active;
  return { database, rows, owner, insert, stored, active, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
};

describe.each(databaseKinds)("commits that share a transaction on %s", (kind) => {
  test("whoever comes at the same time gets its own answer, and all of it is there", async () => {
    await using fixture = await open(kind);
    const { database, insert, stored, active } = fixture;
    const inserts = Array.from({ length: 100 }, () => insert());
    const told: string[] = [];
    database.onKeysChanged((ids) => void told.push(...ids));
    let transactions = 0;
    const seen = new Set<Stores>();
    const answers = await Promise.all(
      inserts.map(({ key, work }) =>
        database.commitShared(async (stores) => {
          if (!seen.has(stores)) transactions += 1;
          seen.add(stores);
          await work(stores);
          return key.id;
        }),
      ),
    );
    const ids = inserts.map(({ key }) => key.id);
    expect(answers.map(({ result }) => result)).toEqual(ids);
    expect(await stored()).toEqual(ids.toSorted());
    expect(await active()).toBe(100);
    expect(told.toSorted()).toEqual(ids.toSorted());
    expect(transactions).toBeLessThan(10);
    for (const { version } of inserts)
      expect(await database.read.versions.findByDigest([version.digest])).toEqual(version);
    await expect(Promise.all(answers.map(({ everywhere }) => everywhere))).resolves.toHaveLength(100);
  });

  test("one that fails fails alone: those beside it take effect, and once", async () => {
    await using fixture = await open(kind);
    const { database, rows, insert, stored, active } = fixture;
    const known = insert();
    await database.commitShared(known.work);
    const stop = new Error("stop");
    const works = Array.from({ length: 20 }, (_, index) => {
      const one = insert();
      if (index % 7 === 3) return { ...one, fails: true, work: () => Promise.reject<void>(stop) };
      // Refused by the database, with the commit: nobody could know before.
      if (index === 5)
        return {
          ...one,
          fails: true,
          work: async ({ keys }: Stores) =>
            keys.insertLast(one.key, rows.version({ keyId: one.key.id, digest: known.version.digest })),
        };
      return { ...one, fails: false };
    });
    const outcomes = await Promise.allSettled(works.map(({ work }) => database.commitShared(work)));
    expect(outcomes.map(({ status }) => status === "rejected")).toEqual(works.map(({ fails }) => fails));
    expect(outcomes[3]).toMatchObject({ reason: stop });
    expect(outcomes[5]).toMatchObject({ reason: { table: "secret_versions" } });
    const kept = [known, ...works.filter(({ fails }) => !fails)].map(({ key }) => key.id);
    expect(await stored()).toEqual(kept.toSorted());
    expect(await active()).toBe(kept.length);
  });

  test("the last place goes to one of those that see it in one transaction", async () => {
    await using fixture = await open(kind);
    const { database, owner, insert, stored } = fixture;
    const claim = async (stores: Stores) => {
      await stores.workspaces.lock(owner.workspaceId);
      if (!(await stores.keys.takePlace(owner.workspaceId, 3))) throw new Error("full");
      await insert().work(stores);
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => database.commitShared(claim)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    expect(await stored()).toHaveLength(3);
  });

  test("one inside a transaction is refused, not waited for", async () => {
    await using fixture = await open(kind);
    const nested = fixture.database.transaction(() => fixture.database.commitShared(async () => undefined));
    await expect(nested).rejects.toThrow(DatabaseError);
  });
});

describe("what becomes of work that shared a transaction", () => {
  const stores = {} as Stores;
  const everywhere = Promise.resolve({ effectiveEverywhere: true, waitedMs: 0 } as const);
  const run = async <Result>(work: (given: Stores) => Promise<Result>) => ({ result: await work(stores), everywhere });

  /** The first two calls keep both transactions busy, so that the others share the next one. */
  const shareOne = async (fault: unknown) => {
    const mayEnd = Promise.withResolvers<void>();
    let alone = 0;
    const commitShared = createSharedCommits({
      commit: async (work) => {
        alone += 1;
        return run(work);
      },
      commitOnce: () => Promise.reject(fault),
      waitMaxMs: 60_000,
    });
    const busy = [1, 2].map(() => commitShared(() => mayEnd.promise));
    const shared = [1, 2, 3].map((index) => commitShared(async () => index));
    mayEnd.resolve();
    await Promise.all(busy);
    const outcomes = await Promise.allSettled(shared);
    return { outcomes, alone: alone - busy.length };
  };

  test("where the transaction certainly failed each runs again, alone", async () => {
    for (const fault of [new ConcurrentChange("the key"), new DatabaseError("DEADLOCK", "x"), new Error("stop")]) {
      const { outcomes, alone } = await shareOne(fault);
      expect(outcomes).toMatchObject([1, 2, 3].map((result) => ({ value: { result } })));
      expect(alone).toBe(3);
    }
  });

  test("nobody waits for longer than for a connection, and what was given up is never run", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const mayEnd = Promise.withResolvers<void>();
    const commitShared = createSharedCommits({ commit: run, commitOnce: run, waitMaxMs: 5_000 });
    const ran: number[] = [];
    const busy = [1, 2].map(() => commitShared(() => mayEnd.promise));
    const late = commitShared(async () => void ran.push(3)).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    const inTime = commitShared(async () => void ran.push(4));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await late).toMatchObject({ code: "UNREACHABLE" });
    mayEnd.resolve();
    await Promise.all([...busy, inTime]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ran).toEqual([4]);
  });

  test("where it may have taken effect nobody runs again, and everybody is told", async () => {
    const fault = new DatabaseError("UNREACHABLE", "x");
    const { outcomes, alone } = await shareOne(fault);
    expect(outcomes).toEqual([1, 2, 3].map(() => ({ status: "rejected", reason: fault })));
    expect(alone).toBe(0);
  });
});
