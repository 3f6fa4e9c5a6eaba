import { generateSecret } from "@itsy/key-format";
import { startMariadb, startMysql, waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { startTestApi } from "./api/start-test-api.ts";
import { serverKinds } from "./database/fresh-database.ts";

const start = { mysql: startMysql, mariadb: startMariadb };

describe.each(serverKinds)("an outage of %s", (kind) => {
  test("is bridged for known keys by the lease, then told as not ready and UNAVAILABLE, and passes", async () => {
    await using server = await start[kind]();
    await using database = await server.createDatabase();
    await using api = await startTestApi({ databaseUrl: database.url.replace(/^\w+:/, `${kind}:`) });
    const { tokens } = await api.tenant("acme");
    const { keys } = api.client(tokens.admin);
    const { secret } = await keys.create({ name: "a", environment: "local", requestsPerMinute: 1e6 });
    const slow = await keys.create({ name: "b", environment: "local", requestsPerMinute: 60 });
    const readiness = async () => {
      const response = await fetch(`${api.url}/readyz`);
      return { ...((await response.json()) as { checks: { lease: string } }), status: response.status };
    };
    const verdict = async (asked = secret) => {
      const response = await api.verify(tokens.verifier, { secret: asked });
      return { status: response.status, body: (await response.json()) as object };
    };
    await waitUntil(async () => (await readiness()).checks.lease === "held", {
      what: "the replica has its lease",
    });
    expect(await readiness()).toMatchObject({ status: 200, checks: { database: "ok", migrations: "ok" } });
    // Often enough that permits are drawn ahead for one of the keys; of the other one they are drawn when asked for.
    for (let times = 0; times < 50; times++)
      expect(await verdict()).toMatchObject({ status: 200, body: { valid: true } });
    expect(await verdict(slow.secret)).toMatchObject({ status: 200, body: { valid: true } });
    const unknown = generateSecret({ environment: "local" });
    const LEASE_MS = 2000;

    await server.kill();
    // The service's clock stands still, and the lease with it.
    const down = { database: "unreachable", migrations: "ok", draining: "no" };
    expect(await readiness()).toMatchObject({ status: 200, checks: { ...down, lease: "held" } });
    expect(await verdict()).toMatchObject({ status: 200, body: { valid: true } });
    expect((await api.verify(tokens.verifier, { secret: unknown })).status).toBe(503);
    const unavailable = { status: 503, body: { error: { code: "UNAVAILABLE" } } };
    expect(await verdict(slow.secret)).toMatchObject(unavailable);
    // Nobody can say any more whether the limit allows it, once the permits at hand are spent.
    let accepted = 0;
    for (; (await verdict()).status === 200; accepted++) expect(accepted).toBeLessThan(10_000);
    expect(accepted).toBeGreaterThan(0);
    expect(await verdict()).toMatchObject(unavailable);
    expect(await readiness()).toMatchObject({ status: 200, checks: { ...down, lease: "held" } });
    api.clock.advance(LEASE_MS);
    expect(await readiness()).toMatchObject({ status: 503, checks: { ...down, lease: "none" } });
    expect(await verdict()).toMatchObject(unavailable);
    await expect(api.client(tokens.admin).keys.list({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
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
});
