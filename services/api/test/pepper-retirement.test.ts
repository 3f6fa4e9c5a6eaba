import {
  ConcurrentChange,
  createKeys,
  createPeppers,
  type Database,
  type InstallationActor,
  type Stores,
} from "@itsy/core";
import { createPepperRing } from "@itsy/key-format";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { openDatabase } from "../src/database/open-database.ts";
import { type DatabaseKind, databaseKinds, freshDatabase, serverKinds } from "./database/fresh-database.ts";
import { createRows } from "./database/rows.ts";
import { storeTenant } from "./database/tenant.ts";
import { useCaseDeps } from "./database/use-case-deps.ts";

const operator: InstallationActor = { kind: "installation", tokenId: "t", role: "operator" };
const clock = createFakeClock();
const peppers = createPepperRing([1, 2].map((version) => ({ version, pepper: Buffer.alloc(32, version) })));
const depsOn = (database: Database) => useCaseDeps(database, clock, peppers);
const useCases = (database: Database) => createPeppers(depsOn(database));

/** The same database, whose transactions are looked into. */
const watching = (database: Database, watched: (stores: Stores) => Stores): Database => ({
  ...database,
  commit: (work) => database.commit((stores) => work(watched(stores))),
});

/** A secret and a token under pepper 1, and the same database as another replica has it. */
const start = async (kind: DatabaseKind) => {
  await using stack = new AsyncDisposableStack();
  const fresh = stack.use(await freshDatabase(kind));
  const { database } = stack.use(await openDatabase(fresh.settings));
  // SQLite is of one process.
  const other = kind === "sqlite" ? database : stack.use(await openDatabase(fresh.settings)).database;
  const rows = createRows();
  const { owner } = await storeTenant(database, rows);
  const key = rows.key(owner);
  const [version, token] = [rows.version({ keyId: key.id }), rows.token()];
  await database.transaction(async (stores) => {
    await stores.keys.insert(key);
    await stores.versions.insert(version);
    await stores.tokens.insert(token);
  });
  const moved = { secret: { ...version, digest: bytesOf("s") }, token: { ...token, digest: bytesOf("t") } };
  /** What another replica does with what was just presented to it. */
  const move = (kind: "secret" | "token") =>
    other.transaction((stores) =>
      stores.peppers.repepper({
        kind,
        from: kind === "secret" ? version.digest : token.digest,
        to: moved[kind].digest,
        pepperVersion: 2,
      }),
    );
  const owned = stack.move();
  return {
    database,
    other,
    key,
    move,
    version: () => database.read.versions.findByDigest([version.digest, moved.secret.digest]),
    token: () => database.read.tokens.findById(token.id),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
const bytesOf = (text: string) => Buffer.alloc(32, text);

/** The same database, where something happens once between the look at what needs a pepper and its end. */
const meanwhile = (database: Database, happens: () => Promise<unknown>): Database => {
  let isOver = false;
  return watching(database, (stores) => ({
    ...stores,
    peppers: {
      ...stores.peppers,
      holders: async (...asked) => {
        const holders = await stores.peppers.holders(...asked);
        if (!isOver) await happens();
        isOver = true;
        return holders;
      },
    },
  }));
};

describe.each(serverKinds)("a pepper that is retired while a replica moves what was presented, on %s", (kind) => {
  test.each(["secret", "token"] as const)(
    "a %s that has moved goes on working: who confirmed is asked again",
    async (what) => {
      await using started = await start(kind);
      const { database, move, version, token } = started;
      const { retire } = useCases(meanwhile(database, () => move(what)));
      await expect(retire(operator, { version: 1, confirmCount: 2 })).rejects.toMatchObject({
        code: "CONFLICT",
        message: expect.stringContaining("confirmCount 1"),
      });
      // Nothing was ended, neither what moved nor what did not.
      expect(await version()).toMatchObject({ pepperVersion: what === "secret" ? 2 : 1, validUntil: null });
      expect(await token()).toMatchObject({ pepperVersion: what === "token" ? 2 : 1, revokedAt: null });
      expect(await retire(operator, { version: 1, confirmCount: 1 })).toMatchObject({
        secrets: 0,
        tokens: 0,
        retiredAt: clock.now().toISOString(),
      });
      const [secretIs, tokenIs] = [(await version())?.validUntil, (await token())?.revokedAt];
      expect([secretIs === null, tokenIs === null]).toEqual([what === "secret", what === "token"]);
    },
  );
});

describe.each(serverKinds)("a key that is rotated while its pepper is retired, on %s", (kind) => {
  test("does not give its old secret an overlap, once that was ended", async () => {
    await using started = await start(kind);
    const { database, other, key, version } = started;
    const [isRead, isEnded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const rotatingOn = watching(other, (stores) => ({
      ...stores,
      versions: {
        ...stores.versions,
        listValid: async (...asked) => {
          const valid = await stores.versions.listValid(...asked);
          isRead.resolve();
          await isEnded.promise;
          return valid;
        },
      },
    }));
    const retiringOn = watching(database, (stores) => ({
      ...stores,
      peppers: {
        ...stores.peppers,
        end: async (...ending) => {
          await stores.peppers.end(...ending);
          isEnded.resolve();
        },
      },
    }));
    const admin = { kind: "workspace", tokenId: "t", role: "admin", workspaceId: key.workspaceId } as const;
    const rotating = createKeys(depsOn(rotatingOn)).rotate(admin, { keyId: key.id, overlapMs: 60_000 });
    await isRead.promise;
    await Promise.all([rotating, useCases(retiringOn).retire(operator, { version: 1, confirmCount: 2 })]);
    expect(await version()).toMatchObject({ pepperVersion: 1, validUntil: new Date(0) });
  });
});

describe.each(databaseKinds)("the end of what needs a pepper, on %s", (kind) => {
  test("is refused for what has moved since it was read, and then nothing of it changes", async () => {
    await using started = await start(kind);
    const { database, move, version, token } = started;
    const holders = await database.read.peppers.holders(1, { at: clock.now(), limit: 10 });
    expect(holders.map(({ type }) => type)).toEqual(["key", "token"]);
    await move("secret");
    await move("token");
    for (const holder of holders) {
      const ending = database.transaction((stores) => stores.peppers.end(holder, { version: 1, endedAt: clock.now() }));
      await expect(ending).rejects.toThrow(ConcurrentChange);
    }
    expect(await version()).toMatchObject({ pepperVersion: 2, validUntil: null });
    expect(await token()).toMatchObject({ pepperVersion: 2, revokedAt: null });
  });
});
