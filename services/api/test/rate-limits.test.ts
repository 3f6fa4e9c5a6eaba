import type { Verification } from "@itsy/contract";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { type DatabaseKind, databaseKinds, freshDatabase, serverKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

type Replicas = readonly [TestApi, ...TestApi[]];

/** Services on one database, whose clocks, and the database's, move when the test says so. */
const start = async (kind: DatabaseKind, replicaCount = 1) => {
  await using stack = new AsyncDisposableStack();
  const clock = createFakeClock();
  const { url: databaseUrl } = stack.use(await freshDatabase(kind));
  const startOne = async () => stack.use(await startTestApi({ databaseUrl, clock }));
  const first = await startOne();
  const others = await Promise.all(Array.from({ length: replicaCount - 1 }, startOne));
  const replicas: Replicas = [first, ...others];
  const { tokens } = await first.tenant("acme");
  const ask = async (secret: string, { replica = 0, cost = 1 } = {}) => {
    const response = await (replicas[replica] ?? first).verify(tokens.verifier, { secret, cost });
    expect(response.status).toBe(200);
    return (await response.json()) as Verification;
  };
  const owned = stack.move();
  return {
    clock,
    replicas,
    tokens,
    ask,
    /** How many of so many requests, one after the other, are accepted. */
    acceptedOf: async (secret: string, requests: number, options = {}) => {
      let accepted = 0;
      for (let sent = 0; sent < requests; sent++) if ((await ask(secret, options)).valid) accepted += 1;
      return accepted;
    },
    keys: first.client(tokens.admin).keys,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

const refusalOf = (verification: Verification) => {
  if (verification.valid) throw new Error("accepted");
  return verification;
};

describe.each(databaseKinds)("a key's limit on %s", (kind) => {
  // A counter whose window begins anew with each request locks such a client out for a whole minute.
  test("never refuses a steady client that stays below it, for ten minutes and at every door", async () => {
    await using started = await start(kind);
    const { clock, keys, ask, replicas, tokens } = started;
    const { secret } = await keys.create({ name: "a", environment: "production", requestsPerMinute: 60 });
    const verifier = replicas[0].client(tokens.verifier);
    const headers = { "x-itsy-token": tokens.verifier, authorization: `Bearer ${secret}` };
    for (let sent = 0; sent < 590; sent++) {
      if (sent % 3 === 0) expect(await ask(secret)).toMatchObject({ valid: true });
      else if (sent % 3 === 1) expect(await verifier.keys.verify({ secret })).toMatchObject({ valid: true });
      else expect((await fetch(`${replicas[0].url}/v1/forward-auth`, { headers })).status).toBe(200);
      clock.advance(sent % 2 === 0 ? 1016 : 1018);
    }
  }, 60_000);

  test("is told truly: what remains, when the next request is accepted, when all is free again", async () => {
    await using started = await start(kind);
    const { clock, keys, ask } = started;
    const { secret } = await keys.create({ name: "a", environment: "production", requestsPerMinute: 3 });
    for (const remaining of [2, 1, 0]) {
      expect(await ask(secret)).toMatchObject({ valid: true, rateLimit: { limit: 3, remaining } });
      clock.advance(10_000);
    }
    const refused = refusalOf(await ask(secret));
    expect(refused).toMatchObject({ code: "RATE_LIMITED", rateLimit: { limit: 3, remaining: 0 } });
    const { retryAfterMs = 0, rateLimit } = refused;
    expect(Math.abs(retryAfterMs - 30_200)).toBeLessThan(200);
    expect(Math.abs((rateLimit?.resetMs ?? 0) - 50_200)).toBeLessThan(200);
    // A thousandth of it, at most, is for clocks that run at different rates.
    clock.advance(retryAfterMs - 100);
    const still = refusalOf(await ask(secret));
    expect(still).toMatchObject({ retryAfterMs: 100, rateLimit: { remaining: 0 } });
    clock.advance(100);
    expect(await ask(secret)).toMatchObject({ valid: true });
    const last = refusalOf(await ask(secret));
    clock.advance(last.rateLimit?.resetMs ?? 0);
    expect(await ask(secret)).toMatchObject({ valid: true, rateLimit: { remaining: 2 } });
  });

  test("stands on every 429 of forward auth, with when to come back", async () => {
    await using started = await start(kind);
    const { keys, replicas, tokens } = started;
    const { secret } = await keys.create({ name: "a", environment: "production", requestsPerMinute: 2 });
    const headers = { "x-itsy-token": tokens.verifier, authorization: `Bearer ${secret}` };
    const asked = async (require = "") => {
      const answer = await fetch(`${replicas[0].url}/v1/forward-auth${require}`, { headers });
      return { status: answer.status, header: (name: string) => answer.headers.get(name) };
    };
    for (let sent = 0; sent < 2; sent++) expect((await asked()).status).toBe(200);
    // The first from the database, the next ones from memory.
    for (let sent = 0; sent < 3; sent++) {
      const { status, header } = await asked();
      const seconds = Number(header("retry-after"));
      expect([status, seconds > 59 && seconds < 62]).toEqual([429, true]);
      expect(header("ratelimit-policy")).toBe('"api-key";q=2;w=60');
      expect(header("ratelimit")).toBe(`"api-key";r=0;t=${seconds}`);
    }
    const hopeless = await asked("?cost=3");
    expect([hopeless.status, hopeless.header("retry-after")]).toEqual([429, null]);
    expect(hopeless.header("ratelimit-policy")).toBe('"api-key";q=2;w=60');
  });

  test("counts what each request costs, and what is refused takes nothing", async () => {
    await using started = await start(kind);
    const { clock, keys, ask } = started;
    const { secret } = await keys.create({ name: "a", environment: "production", requestsPerMinute: 10 });
    expect(await ask(secret, { cost: 6 })).toMatchObject({ valid: true, rateLimit: { remaining: 4 } });
    const refused = refusalOf(await ask(secret, { cost: 5 }));
    expect(refused).toMatchObject({ code: "RATE_LIMITED", rateLimit: { limit: 10, remaining: 4 } });
    expect(refusalOf(await ask(secret, { cost: 11 })).retryAfterMs).toBeUndefined();
    expect(await ask(secret, { cost: 4 })).toMatchObject({ valid: true, rateLimit: { remaining: 0 } });
    clock.advance(refused.retryAfterMs ?? 0);
    expect(await ask(secret, { cost: 6 })).toMatchObject({ valid: true });
  });

  test("lowered, holds as soon as the call returns; raised, too", async () => {
    await using started = await start(kind);
    const { clock, keys, acceptedOf } = started;
    const { key, secret } = await keys.create({ name: "a", environment: "production", requestsPerMinute: 10_000 });
    expect(await acceptedOf(secret, 60)).toBe(60);
    await keys.update({ keyId: key.id, requestsPerMinute: 50 });
    expect(await acceptedOf(secret, 5)).toBe(0);
    await keys.update({ keyId: key.id, requestsPerMinute: 65 });
    expect(await acceptedOf(secret, 10)).toBe(5);
    clock.advance(MINUTE_MS + 25_000);
    expect(await acceptedOf(secret, 80)).toBe(65);
  });
});

describe.each(serverKinds)("a key's limit over three replicas on %s", (kind) => {
  test("is one limit, whichever replica is asked, and its state is what the others accepted, too", async () => {
    await using started = await start(kind, 3);
    const { clock, keys, ask } = started;
    const { secret } = await keys.create({ name: "a", environment: "production", requestsPerMinute: 12 });
    for (let sent = 0; sent < 12; sent++) {
      expect(await ask(secret, { replica: sent % 3 })).toMatchObject({
        valid: true,
        rateLimit: { limit: 12, remaining: 11 - sent },
      });
      // Slowly: in no time at all, each of them would draw ahead.
      clock.advance(1000);
    }
    for (const replica of [0, 1, 2]) expect(refusalOf(await ask(secret, { replica })).code).toBe("RATE_LIMITED");
  }, 60_000);

  test("lowered, holds on all of them when the call returns", async () => {
    await using started = await start(kind, 3);
    const { clock, keys, acceptedOf } = started;
    const { key, secret } = await keys.create({ name: "a", environment: "production", requestsPerMinute: 100_000 });
    // Often enough that each of them has permits in its hands.
    for (const replica of [0, 1, 2]) expect(await acceptedOf(secret, 60, { replica })).toBe(60);
    const updated = await keys.update({ keyId: key.id, requestsPerMinute: 150 });
    expect(updated).toMatchObject({ effectiveEverywhere: true });
    for (const replica of [0, 1, 2]) expect(await acceptedOf(secret, 20, { replica })).toBe(0);
    clock.advance(MINUTE_MS + 5000);
    let accepted = 0;
    for (const replica of [0, 1, 2]) accepted += await acceptedOf(secret, 100, { replica });
    expect(accepted).toBeLessThanOrEqual(150);
    expect(accepted).toBeGreaterThan(100);
  }, 120_000);
});
