import { readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createClient } from "@itsy/client";
import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { openRaw } from "./api/raw.ts";
import { spawnProgram } from "./api/spawn.ts";
import { freshDatabase, serverKinds } from "./database/fresh-database.ts";

const TOKEN = /itsy_mt_\w+/g;
const PEPPERS = `1:${Buffer.alloc(32, 7).toString("base64")}`;

const directory = async () => {
  const path = await mkdtemp(join(tmpdir(), "itsy-keys-test-"));
  return {
    path: (name: string) => join(path, name),
    databaseUrl: `sqlite:${join(path, "data", "keys.db")}`,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
};

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

const mayOperate = async (url: string, token: string) => {
  const client = createClient({ url, token });
  return client.workspaces.list().then(
    () => true,
    () => false,
  );
};

describe("the first start", () => {
  test("prints the first operator token once, outside of the log, and makes the pepper file for its owner only", async () => {
    await using place = await directory();
    const env = { DATABASE_URL: place.databaseUrl };
    {
      await using first = spawnProgram("main", { env });
      const url = await first.listening();
      const [token = "", ...others] = first.stdout().match(TOKEN) ?? [];
      expect(others).toEqual([]);
      const line = first
        .stdout()
        .split("\n")
        .find((text) => text.includes(token));
      expect(line).not.toMatch(/^\{/);
      expect(await mayOperate(url, token)).toBe(true);
      expect(modeOf(place.path("data/keys.db.peppers"))).toBe("600");
      first.signal("SIGTERM");
      expect(await first.ended).toMatchObject({ code: 0, stderr: "" });
    }
    await using second = spawnProgram("main", { env });
    await second.listening();
    expect(second.stdout()).not.toMatch(TOKEN);
  });

  test("writes the token to a file instead when asked, and takes one that is there as the first", async () => {
    await using place = await directory();
    const file = place.path("token");
    {
      await using api = spawnProgram("main", { env: { DATABASE_URL: place.databaseUrl, BOOTSTRAP_TOKEN_FILE: file } });
      const url = await api.listening();
      expect(api.stdout()).not.toMatch(TOKEN);
      expect(modeOf(file)).toBe("600");
      expect(await mayOperate(url, readFileSync(file, "utf8").trim())).toBe(true);
    }
    const env = { DATABASE_URL: "sqlite::memory:", BOOTSTRAP_TOKEN_FILE: file };
    await using other = spawnProgram("main", { env });
    expect(await mayOperate(await other.listening(), readFileSync(file, "utf8").trim())).toBe(true);

    writeFileSync(place.path("other"), "something else");
    await using refused = spawnProgram("main", { env: { ...env, BOOTSTRAP_TOKEN_FILE: place.path("other") } });
    expect((await refused.ended).stderr).toContain("holds no management token");
    expect(readFileSync(place.path("other"), "utf8")).toBe("something else");
  });

  test.each(serverKinds)("of several replicas on %s, one issues the token", async (kind) => {
    await using fresh = await freshDatabase(kind);
    await using stack = new AsyncDisposableStack();
    const env = { DATABASE_URL: fresh.url, PEPPERS };
    const replicas = Array.from({ length: 3 }, () => stack.use(spawnProgram("main", { env })));
    const urls = await Promise.all(replicas.map(({ listening }) => listening()));
    const tokens = replicas.flatMap(({ stdout }) => stdout().match(TOKEN) ?? []);
    expect(tokens).toHaveLength(1);
    expect(await Promise.all(urls.map((url) => mayOperate(url, tokens[0] ?? "")))).toEqual([true, true, true]);
  });

  test("refuses with everything that is wrong with the settings, and without their values", async () => {
    const env = { PORT: "99999", LOG_LEVEL: "loud", DATABASE_URL: "mysql://root:hunter2@/x", DRAIN_MS: "soon" };
    await using api = spawnProgram("main", { env });
    const { code, stderr, stdout } = await api.ended;
    expect(code).toBe(1);
    for (const name of ["PORT", "LOG_LEVEL", "DATABASE_URL", "DRAIN_MS"]) expect(stderr).toContain(`  ${name}: `);
    for (const value of ["99999", "loud", "hunter2", "soon"]) expect(stderr + stdout).not.toContain(value);
  });

  test("refuses a database that another process has, and a port that is taken", async () => {
    await using place = await directory();
    await using api = spawnProgram("main", { env: { DATABASE_URL: place.databaseUrl } });
    const url = await api.listening();
    await using second = spawnProgram("main", { env: { DATABASE_URL: place.databaseUrl } });
    expect(await second.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("used by another process") });
    const env = { DATABASE_URL: "sqlite::memory:", PORT: new URL(url).port };
    await using third = spawnProgram("main", { env });
    expect(await third.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("EADDRINUSE") });
  });
});

describe("bootstrap", () => {
  test("prepares a workspace, a cluster and their tokens once, in a file for its owner only", async () => {
    await using place = await directory();
    const file = place.path("kit.json");
    const args = ["--file", file, "--workspace", "acme", "--cluster", "local"];
    const env = { DATABASE_URL: place.databaseUrl };
    await using first = spawnProgram("bootstrap", { env, args });
    expect(await first.ended).toMatchObject({ code: 0, stderr: "" });
    expect(modeOf(file)).toBe("600");
    const written = readFileSync(file, "utf8");
    await using second = spawnProgram("bootstrap", { env, args });
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(readFileSync(file, "utf8")).toBe(written);

    const { tokens } = JSON.parse(written) as { tokens: Record<string, string> };
    await using api = spawnProgram("main", { env });
    const url = await api.listening();
    expect(api.stdout()).not.toMatch(TOKEN);
    const as = (role: string) => createClient({ url, token: tokens[role] ?? "" });
    expect((await as("operator").clusters.list()).clusters).toMatchObject([{ slug: "local", workspaces: ["acme"] }]);
    const { secret } = await as("admin").keys.create({ name: "a", environment: "local" });
    expect(await as("verifier").keys.verify({ secret })).toMatchObject({ valid: true });
    expect(await as("reconciler").delivery.observe({ ownerUid: "u", candidates: [] })).toMatchObject({ key: null });
  });

  test("does not take a file for good whose tokens the database does not know", async () => {
    await using place = await directory();
    const args = ["--file", place.path("kit.json"), "--workspace", "acme"];
    await using first = spawnProgram("bootstrap", { env: { DATABASE_URL: place.databaseUrl }, args });
    expect((await first.ended).code).toBe(0);
    await using other = spawnProgram("bootstrap", { env: { DATABASE_URL: "sqlite::memory:" }, args });
    expect(await other.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("does not accept") });
    await using wrong = spawnProgram("bootstrap", { env: {}, args: ["--workspace", "acme"] });
    expect(await wrong.ended).toMatchObject({ code: 2, stderr: expect.stringContaining("--file is missing") });
  });
});

describe("SIGTERM", () => {
  test("says not ready at once, answers what is in flight, closes the rest and exits with 0", async () => {
    await using place = await directory();
    const env = { DATABASE_URL: place.databaseUrl, DRAIN_DELAY_MS: "600", DRAIN_MS: "5000" };
    await using api = spawnProgram("main", { env });
    const url = await api.listening();
    const [token = ""] = api.stdout().match(TOKEN) ?? [];
    const body = JSON.stringify({ secret: "x" });
    await using idle = await openRaw(url);
    idle.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    await idle.received(/"status":"ok"/);
    await using inFlight = await openRaw(url);
    const length = `Content-Length: ${body.length}`;
    const type = "Content-Type: application/json";
    inFlight.write(
      `POST /v1/verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${type}\r\n${length}\r\n\r\n{`,
    );

    api.signal("SIGTERM");
    await waitUntil(async () => (await fetch(`${url}/readyz`)).status === 503, {
      what: "the service says that it is not ready",
      timeoutMs: 500,
    });
    await idle.closed;
    inFlight.write(body.slice(1));
    // An operator's token may not verify: that, too, is an answer.
    const answer = await inFlight.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 403 .*\r\nConnection: close\r\n.*"code":"FORBIDDEN"/s);
    expect(await api.ended).toMatchObject({ code: 0, stderr: "" });
    await expect(fetch(`${url}/healthz`)).rejects.toThrow("fetch failed");
  });

  test("does not wait longer than it may for a request that does not come to its end", async () => {
    await using api = spawnProgram("main", { env: { DATABASE_URL: "sqlite::memory:", DRAIN_MS: "200" } });
    const url = await api.listening();
    await using stuck = await openRaw(url);
    stuck.write("POST /v1/verify HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{");
    await using other = await openRaw(url);
    other.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    await other.received(/"status":"ok"/);
    const begunMs = performance.now();
    api.signal("SIGTERM");
    expect((await api.ended).code).toBe(0);
    expect(performance.now() - begunMs).toBeLessThan(3000);
  });
});
