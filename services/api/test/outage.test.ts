import { startMariadb, startMysql, waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { startTestApi } from "./api/start-test-api.ts";
import { serverKinds } from "./database/fresh-database.ts";

const start = { mysql: startMysql, mariadb: startMariadb };

describe.each(serverKinds)("an outage of %s", (kind) => {
  test("is told as not ready and UNAVAILABLE, never as a verdict, and passes with the outage", async () => {
    await using server = await start[kind]();
    await using database = await server.createDatabase();
    await using api = await startTestApi({ databaseUrl: database.url.replace(/^\w+:/, `${kind}:`) });
    const { tokens } = await api.tenant("acme");
    const { secret } = await api.client(tokens.admin).keys.create({ name: "a", environment: "local" });
    const readiness = async () => {
      const response = await fetch(`${api.url}/readyz`);
      return { ...((await response.json()) as { checks: object }), status: response.status };
    };
    const verdict = async () => {
      const response = await api.verify(tokens.verifier, { secret });
      return { status: response.status, body: (await response.json()) as object };
    };
    expect(await readiness()).toMatchObject({ status: 200, checks: { database: "ok", migrations: "ok" } });
    expect(await verdict()).toMatchObject({ status: 200, body: { valid: true } });

    await server.kill();
    await waitUntil(async () => (await readiness()).status === 503, { what: "the service is not ready" });
    expect((await readiness()).checks).toEqual({ database: "unreachable", migrations: "ok", draining: "no" });
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
