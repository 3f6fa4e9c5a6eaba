import { createClient } from "@itsy/client";
import type { Verification } from "@itsy/contract";
import { startMariadb, startMysql, waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { openDatabase } from "../src/database/open-database.ts";
import { spawnProgram } from "./api/spawn.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { type DatabaseKind, databaseKinds, freshDatabase, serverKinds } from "./database/fresh-database.ts";

const HOUR_MS = 3_600_000;
const PEPPERS = `1:${Buffer.alloc(32, 7).toString("base64")}`;
const TOKEN = /itsy_mt_\w+/;

/** A process of the service with a key that may be used a million times a minute. */
const startProcess = async (kind: DatabaseKind) => {
  await using stack = new AsyncDisposableStack();
  const fresh = stack.use(await freshDatabase(kind));
  const spawned = stack.use(spawnProgram("main", { env: { DATABASE_URL: fresh.url, PEPPERS } }));
  const url = await spawned.listening();
  const operator = createClient({ url, token: TOKEN.exec(spawned.stdout())?.[0] ?? "" });
  await operator.workspaces.create({ slug: "acme", name: "Acme" });
  const { secret: token } = await operator.tokens.create({ role: "admin", workspace: "acme", name: "a" });
  const admin = createClient({ url, token });
  const { key, secret } = await admin.keys.create({ name: "a", environment: "local", requestsPerMinute: 1_000_000 });
  const verify = async () => {
    const answer = await fetch(`${url}/v1/verify`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ secret }),
    });
    return ((await answer.json()) as Verification).valid;
  };
  const owned = stack.move();
  return {
    spawned,
    verify,
    /** What the database knows when no process has it any more. */
    counted: async () => {
      await using opened = await openDatabase(fresh.settings);
      const since = { outcome: "VALID", from: new Date(Date.now() - 2 * HOUR_MS) } as const;
      return (await opened.database.read.usage.requestsSince([key.id], since)).get(key.id) ?? 0;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

/** Calls until told, and counts what was accepted with the instant of the answer. */
const hammer = (verify: () => Promise<boolean>) => {
  const acceptedMs: number[] = [];
  let isOver = false;
  const run = async () => {
    while (!isOver) {
      const valid = await verify().catch(() => false);
      if (valid) acceptedMs.push(performance.now());
    }
  };
  const runs = Promise.all([run(), run(), run(), run()]);
  return {
    acceptedMs,
    end: async () => {
      isOver = true;
      await runs;
    },
  };
};

describe.each(databaseKinds)("a process on %s", (kind) => {
  test("that gets SIGTERM under load loses no count", async () => {
    await using api = await startProcess(kind);
    const load = hammer(api.verify);
    await waitUntil(() => load.acceptedMs.length > 300, { what: "requests were accepted", timeoutMs: 20_000 });
    api.spawned.signal("SIGTERM");
    expect(await api.spawned.ended).toMatchObject({ code: 0 });
    await load.end();
    // A request that was cut off may have been counted, an answer never arrives without.
    expect(await api.counted()).toBeGreaterThanOrEqual(load.acceptedMs.length);
    expect(await api.counted()).toBeLessThanOrEqual(load.acceptedMs.length + 4);
  });

  test("that gets SIGKILL loses at most the counts of its last second", async () => {
    await using api = await startProcess(kind);
    const load = hammer(api.verify);
    const begunMs = performance.now();
    await waitUntil(() => performance.now() - begunMs > 4000 && load.acceptedMs.length > 300, {
      what: "requests were accepted for some seconds",
      timeoutMs: 20_000,
    });
    const killedMs = performance.now();
    api.spawned.signal("SIGKILL");
    await api.spawned.ended;
    await load.end();
    const counted = await api.counted();
    // A batch takes as long as the machine lets it: a second of grace beside the one of the promise.
    expect(counted).toBeGreaterThanOrEqual(load.acceptedMs.filter((ms) => ms < killedMs - 2000).length);
    expect(counted).toBeLessThanOrEqual(load.acceptedMs.length + 4);
  });
});

describe.each(serverKinds)("a database of %s that is killed under load", (kind) => {
  test("has every count once, whichever answers were lost", async () => {
    await using server = await { mysql: startMysql, mariadb: startMariadb }[kind]();
    await using database = await server.createDatabase();
    await using api = await startTestApi({ databaseUrl: database.url.replace(/^\w+:/, `${kind}:`) });
    const { tokens } = await api.tenant("acme");
    const admin = api.client(tokens.admin);
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local", requestsPerMinute: 1_000_000 });
    const load = hammer(
      async () =>
        ((await (await api.verify(tokens.verifier, { secret })).json()) as { valid?: boolean }).valid === true,
    );
    for (let time = 0; time < 3; time += 1) {
      const before = load.acceptedMs.length;
      await waitUntil(() => load.acceptedMs.length > before + 200, { what: "requests go on", timeoutMs: 60_000 });
      await server.kill();
      await server.start();
    }
    await load.end();
    const total = async () => (await admin.keys.usage({ keyId: key.id })).total.accepted;
    await waitUntil(async () => (await total().catch(() => 0)) >= load.acceptedMs.length, {
      what: "every count is written",
      timeoutMs: 60_000,
    });
    expect(await total()).toBe(load.acceptedMs.length);
  }, 240_000);
});

describe("the last use of a key", () => {
  test("is told about a second later, and an update of the key does not collide with it", async () => {
    await using api = await startTestApi();
    const { tokens } = await api.tenant("acme");
    const admin = api.client(tokens.admin);
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local" });
    api.clock.advance(61_500);
    await api.verify(tokens.verifier, { secret });
    const lastUsedAt = async () => (await admin.keys.get({ keyId: key.id })).lastUsedAt;
    await waitUntil(async () => (await lastUsedAt()) !== null, { what: "the use is known", timeoutMs: 10_000 });
    expect(await lastUsedAt()).toBe("2027-01-01T00:01:01.000Z");
    const updated = await admin.keys.update({ keyId: key.id, name: "b", expectedVersion: key.version });
    expect(updated).toMatchObject({ name: "b", lastUsedAt: "2027-01-01T00:01:01.000Z" });
  });
});
