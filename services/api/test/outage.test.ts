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
    const { secret } = await api.client(tokens.admin).keys.create({ name: "a", environment: "local" });
    const readiness = async () => {
      const response = await fetch(`${api.url}/readyz`);
      return { ...((await response.json()) as { checks: { lease: string } }), status: response.status };
    };
    const verdict = async () => {
      const response = await api.verify(tokens.verifier, { secret });
      return { status: response.status, body: (await response.json()) as object };
    };
    await waitUntil(async () => (await readiness()).checks.lease === "held", {
      what: "the replica has its lease",
    });
    expect(await readiness()).toMatchObject({ status: 200, checks: { database: "ok", migrations: "ok" } });
    expect(await verdict()).toMatchObject({ status: 200, body: { valid: true } });
    const unknown = generateSecret({ environment: "local" });
    const LEASE_MS = 2000;

    await server.kill();
    // The service's clock stands still, and the lease with it.
    const down = { database: "unreachable", migrations: "ok", draining: "no" };
    expect(await readiness()).toMatchObject({ status: 200, checks: { ...down, lease: "held" } });
    expect(await verdict()).toMatchObject({ status: 200, body: { valid: true } });
    expect((await api.verify(tokens.verifier, { secret: unknown })).status).toBe(503);
    api.clock.advance(LEASE_MS);
    expect(await readiness()).toMatchObject({ status: 503, checks: { ...down, lease: "none" } });
    expect(await verdict()).toMatchObject({ status: 503, body: { error: { code: "UNAVAILABLE" } } });
    await expect(api.client(tokens.admin).keys.list({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);

    await server.start();
    await waitUntil(async () => (await readiness()).status === 200, {
      what: "the service is ready",
      timeoutMs: 20_000,
    });
    expect(await verdict()).toMatchObject({ status: 200, body: { valid: true } });
    expect(api.logs()).toContain('"code":"UNAVAILABLE"');
  }, 120_000);
});
