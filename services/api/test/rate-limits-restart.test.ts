import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createClient } from "@itsy/client";
import type { Verification } from "@itsy/contract";
import { describe, expect, test } from "vitest";

import { type Spawned, spawnProgram } from "./api/spawn.ts";
import { freshDatabase, serverKinds } from "./database/fresh-database.ts";
import { type Judged, overAdmission } from "./rate-limits/judge.ts";

const PEPPERS = `1:${Buffer.alloc(32, 7).toString("base64")}`;
const START_MAX_MS = 60_000;

interface Place extends AsyncDisposable {
  readonly url: string;
}

const sqliteFile = async (): Promise<Place> => {
  const path = await mkdtemp(join(tmpdir(), "itsy-keys-test-"));
  return {
    url: `sqlite:${join(path, "keys.db")}`,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
};

/** Processes on one database, with a key of this limit; real clocks. */
const installation = async (open: () => Promise<Place>, requestsPerMinute: number) => {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await open());
  const processes = stack.use(new AsyncDisposableStack());
  const log: Judged[] = [];
  const start = async (): Promise<{ readonly process: Spawned; readonly url: string }> => {
    const process = processes.use(
      spawnProgram("main", { env: { DATABASE_URL: place.url, PEPPERS, LOG_LEVEL: "fatal" } }),
    );
    return { process, url: await process.listening(START_MAX_MS) };
  };
  const first = await start();
  const operator = createClient({ url: first.url, token: /itsy_mt_\w+/.exec(first.process.stdout())?.[0] ?? "" });
  await operator.workspaces.create({ slug: "acme", name: "Acme" });
  const tokenOf = async (role: "admin" | "verifier") =>
    (await operator.tokens.create({ role, workspace: "acme", name: role })).secret;
  const admin = createClient({ url: first.url, token: await tokenOf("admin") });
  const token = await tokenOf("verifier");
  const { secret } = await admin.keys.create({ name: "a", environment: "production", requestsPerMinute });
  const ask = async (url: string): Promise<Verification> => {
    const sentMs = performance.now();
    const response = await fetch(`${url}/v1/verify`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ secret }),
    });
    const verification = (await response.json()) as Verification;
    log.push({ sentMs, answeredMs: performance.now(), accepted: verification.valid });
    return verification;
  };
  const owned = stack.move();
  return {
    first,
    start,
    ask,
    askOften: async (url: string, times: number) => {
      for (let sent = 0; sent < times; sent++) expect(await ask(url)).toMatchObject({ valid: true });
    },
    log,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

const places = [
  ["sqlite", sqliteFile],
  ...serverKinds.map((kind) => [kind, () => freshDatabase(kind)] as const),
] as const;

describe.each(places)("the window of a key on %s", (_kind, open) => {
  test("outlives SIGTERM, and what was drawn ahead does not", async () => {
    const limit = 50_000;
    await using place = await installation(open, limit);
    const { first, ask, askOften, start, log } = place;
    await askOften(first.url, 100);
    first.process.signal("SIGTERM");
    expect(await first.process.ended).toMatchObject({ code: 0 });
    const second = await start();
    const verification = await ask(second.url);
    const remaining = verification.valid ? verification.rateLimit.remaining : 0;
    // Less, if anything that was not spent still counted; more, once a minute has passed.
    expect(remaining).toBeGreaterThanOrEqual(limit - log.length);
    if (performance.now() - (log[0]?.sentMs ?? 0) < 60_000) expect(remaining).toBe(limit - log.length);
  }, 180_000);

  test("outlives SIGKILL: the next process accepts only what is left", async () => {
    const limit = 20;
    await using place = await installation(open, limit);
    const { first, ask, askOften, start, log } = place;
    await askOften(first.url, 12);
    first.process.signal("SIGKILL");
    await first.process.ended;
    const second = await start();
    while (log.length < 200 && (await ask(second.url)).valid);
    expect(log.at(-1)?.accepted).toBe(false);
    expect(overAdmission(log, limit)).toBe(0);
  }, 180_000);
});
