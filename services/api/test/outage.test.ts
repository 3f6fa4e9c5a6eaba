import { generateSecret } from "@itsy/key-format";
import { startMariadb, startMysql, waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { openDatabase } from "../src/database/open-database.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { freshDatabase, serverKinds } from "./database/fresh-database.ts";

const start = { mysql: startMysql, mariadb: startMariadb };

const LEASE_MS = 2000;
const GRACE_MS = 30_000;

const startOn = async (kind: (typeof serverKinds)[number], env: Readonly<Record<string, string>> = {}) => {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await start[kind]());
  const database = stack.use(await server.createDatabase());
  const api = stack.use(await startTestApi({ databaseUrl: database.url.replace(/^\w+:/, `${kind}:`), env }));
  const { tokens } = await api.tenant("acme");
  const admin = api.client(tokens.admin);
  const { secret } = await admin.keys.create({ name: "a", environment: "local", requestsPerMinute: 1e6 });
  const readiness = async () => {
    const response = await fetch(`${api.url}/readyz`);
    return { ...((await response.json()) as { checks: { lease: string } }), status: response.status };
  };
  const verdict = async (text = secret) => {
    const response = await api.verify(tokens.verifier, { secret: text });
    return { status: response.status, body: (await response.json()) as object };
  };
  await waitUntil(async () => (await readiness()).checks.lease === "held", { what: "the replica has its lease" });
  const owned = stack.move();
  return { server, api, tokens, admin, secret, readiness, verdict, [Symbol.asyncDispose]: () => owned.disposeAsync() };
};

describe.each(serverKinds)("an outage of %s", (kind) => {
  test("is bridged for known keys by the lease, then told as not ready and UNAVAILABLE, and passes", async () => {
    await using started = await startOn(kind);
    const { server, api, tokens, admin, readiness, verdict } = started;
    const slow = await admin.keys.create({ name: "b", environment: "local", requestsPerMinute: 60 });
    expect(await readiness()).toMatchObject({ status: 200, checks: { database: "ok", migrations: "ok" } });
    // Often enough that permits are drawn ahead for one of the keys; of the other one they are drawn when asked for.
    for (let times = 0; times < 50; times++)
      expect(await verdict()).toMatchObject({ status: 200, body: { valid: true } });
    expect(await verdict(slow.secret)).toMatchObject({ status: 200, body: { valid: true } });
    const unknown = generateSecret({ environment: "local" });

    await server.kill();
    // The service's clock stands still, and the lease with it.
    const down = { database: "unreachable", migrations: "ok", draining: "no" };
    expect(await readiness()).toMatchObject({ status: 200, checks: { ...down, lease: "held" } });
    expect(await verdict()).toMatchObject({ status: 200, body: { valid: true } });
    expect((await verdict(unknown)).status).toBe(503);
    const unavailable = { status: 503, body: { error: { code: "UNAVAILABLE" } } };
    expect(await verdict(slow.secret)).toMatchObject(unavailable);
    const asked = await fetch(`${api.url}/v1/forward-auth`, {
      headers: { "x-itsy-token": tokens.verifier, authorization: `Bearer ${slow.secret}` },
    });
    expect([asked.status, asked.headers.get("x-itsy-code")]).toEqual([503, "VERIFICATION_UNAVAILABLE"]);
    await expect(admin.keys.verify({ secret: slow.secret })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    // Nobody can say any more whether the limit allows it, once the permits at hand are spent.
    let accepted = 0;
    for (; (await verdict()).status === 200; accepted++) expect(accepted).toBeLessThan(10_000);
    expect(accepted).toBeGreaterThan(0);
    expect(await verdict()).toMatchObject(unavailable);
    expect(await readiness()).toMatchObject({ status: 200, checks: { ...down, lease: "held" } });
    api.clock.advance(LEASE_MS);
    expect(await readiness()).toMatchObject({ status: 503, checks: { ...down, lease: "none" } });
    expect(await verdict()).toMatchObject(unavailable);
    await expect(admin.keys.list({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);

    await server.start();
    await waitUntil(async () => (await readiness()).status === 200, {
      what: "the service is ready",
      timeoutMs: 20_000,
    });
    expect(await verdict()).toMatchObject({ status: 200, body: { valid: true } });
    expect(await verdict(slow.secret)).toMatchObject({ status: 200, body: { rateLimit: { remaining: 58 } } });
    expect(api.logs()).toContain('"code":"UNAVAILABLE"');
  }, 120_000);

  test("is bridged for known keys by the grace, too, where one is set", async () => {
    await using started = await startOn(kind, { VERIFY_GRACE_MS: String(GRACE_MS) });
    const { server, api, admin, readiness, verdict } = started;
    const accepted = { status: 200, body: { valid: true } };
    const other = await admin.keys.create({ name: "b", environment: "local" });
    const slow = await admin.keys.create({ name: "c", environment: "local", requestsPerMinute: 3 });
    expect(await verdict()).toMatchObject(accepted);
    expect(await verdict(slow.secret)).toMatchObject(accepted);
    await server.kill();
    // Nobody can ask for permits: this process counts for itself.
    for (let times = 0; times < 3; times++) expect(await verdict(slow.secret)).toMatchObject(accepted);
    expect(await verdict(slow.secret)).toMatchObject({ status: 200, body: { code: "RATE_LIMITED" } });
    api.clock.advance(LEASE_MS);
    // Asked first: the outage may be over.
    expect(await verdict()).toMatchObject(accepted);
    expect(await readiness()).toMatchObject({ status: 200, checks: { database: "unreachable", lease: "grace" } });
    // Known keys only: nobody remembers this one.
    expect(await verdict(other.secret)).toMatchObject({ status: 503, body: { error: { code: "UNAVAILABLE" } } });
    api.clock.advance(GRACE_MS - 1);
    expect(await verdict()).toMatchObject(accepted);
    api.clock.advance(1);
    expect(await verdict()).toMatchObject({ status: 503, body: { error: { code: "UNAVAILABLE" } } });
    expect(await readiness()).toMatchObject({ status: 503, checks: { database: "unreachable", lease: "none" } });
    await server.start();
    await waitUntil(async () => (await readiness()).status === 200, {
      what: "the service is ready",
      timeoutMs: 20_000,
    });
    expect(await verdict()).toMatchObject(accepted);
  }, 120_000);

  test("a replica with a grace is waited for accordingly", async () => {
    await using fresh = await freshDatabase(kind);
    await using api = await startTestApi({ databaseUrl: fresh.url, env: { VERIFY_GRACE_MS: String(GRACE_MS) } });
    expect(api.url).toBeTruthy();
    await using opened = await openDatabase(fresh.settings);
    const listed = async () => (await opened.feed?.listReplicas()) ?? [];
    await waitUntil(async () => (await listed()).length === 1, { what: "the replica is registered" });
    expect(await listed()).toMatchObject([{ leaseMs: LEASE_MS + GRACE_MS }]);
  });
});
