import { setTimeout as delay } from "node:timers/promises";

import { generateSecret } from "@itsy/key-format";
import { waitUntil } from "@itsy/testbed";
import mysql from "mysql2/promise";
import { describe, expect, test } from "vitest";

import { DatabaseError } from "../src/database/database-error.ts";
import { serverLimits } from "../src/database/mysql/limits.ts";
import { openDatabase } from "../src/database/open-database.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { freshDatabase, serverKinds } from "./database/fresh-database.ts";

/** Lets every lookup of a secret wait, and nothing else: no rate limit, no beat of a replica. */
const holdLookups = async (databaseUrl: string) => {
  const connection = await mysql.createConnection(databaseUrl.replace(/^\w+:/, "mysql:"));
  await connection.query("LOCK TABLES secret_versions WRITE");
  let ended: Promise<void> | undefined;
  return { [Symbol.asyncDispose]: () => (ended ??= connection.end()) };
};

const madeUp = () => generateSecret({ environment: "production" });

describe.each(serverKinds)("a flood of secrets that pass the checksum and that nobody has, on %s,", (kind) => {
  test("never slows a key that is remembered, though each of its requests draws", { timeout: 120_000 }, async () => {
    await using database = await freshDatabase(kind);
    await using api = await startTestApi({ databaseUrl: database.url });
    const { tokens } = await api.tenant("acme");
    const { secret } = await api
      .client(tokens.admin)
      .keys.create({ name: "a", environment: "production", requestsPerMinute: 60 });
    const isHeld = async () => /"lease":"held"/.test(await (await fetch(`${api.url}/readyz`)).text());
    await waitUntil(isHeld, { what: "the replica has its lease" });
    const ask = async (text: string) => {
      const response = await api.verify(tokens.verifier, { secret: text });
      const body = (await response.json()) as { readonly valid?: boolean; readonly error?: { readonly code: string } };
      return { status: response.status, said: body.valid ?? body.error?.code };
    };
    expect(await ask(secret)).toEqual({ status: 200, said: true });

    await using _held = await holdLookups(database.url);
    let isOver = false;
    const answers = new Set<string>();
    const flooding = Array.from({ length: 40 }, async () => {
      while (!isOver) answers.add(JSON.stringify(await ask(madeUp())));
    });
    try {
      await waitUntil(() => answers.size > 0, { what: "the flood has filled the line" });
      for (let asked = 0; asked < 30; asked++) {
        expect(await ask(secret)).toEqual({ status: 200, said: true });
        await delay(50);
      }
    } finally {
      isOver = true;
    }
    await Promise.all(flooding);
    expect([...answers]).toEqual([JSON.stringify({ status: 503, said: "UNAVAILABLE" })]);
  });

  test("waits in a line of bounded length: beyond it nobody waits, and nobody is told that a key is bad", async () => {
    await using database = await freshDatabase(kind);
    await using opened = await openDatabase(database.settings, { limits: { lookupTimeoutMs: 20_000 } });
    const { lookupConnectionsMax, lookupQueueMax } = serverLimits;
    const find = () => opened.lookup.find([new Uint8Array(32)]).catch((error: unknown) => error);
    // The connections are there.
    await Promise.all(Array.from({ length: lookupConnectionsMax }, find));
    const settled: unknown[] = [];
    await using held = await holdLookups(database.url);
    const waiting = Array.from({ length: lookupConnectionsMax + lookupQueueMax }, async () =>
      settled.push(await find()),
    );
    const beyond = await Promise.all(Array.from({ length: 50 }, find));
    for (const answer of beyond) expect(answer).toBeInstanceOf(DatabaseError);
    expect(new Set(beyond.map((answer) => (answer as DatabaseError).code))).toEqual(new Set(["UNREACHABLE"]));
    expect(settled).toEqual([]);
    await held[Symbol.asyncDispose]();
    await Promise.all(waiting);
    expect(new Set(settled)).toEqual(new Set([null]));
  });
});
