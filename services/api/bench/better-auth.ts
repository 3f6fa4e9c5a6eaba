// Verify and create over HTTP beside better-auth's API-key plugin: one MySQL server, one process each, the same load.
// DURABLE=0: commits do not wait for the disk.
// BENCH_SHORT=1 only checks that it works.
import { startMysql } from "@itsy/testbed";
// oxlint-disable-next-line no-restricted-imports -- a setting of the server, which the service does not make
import mysql from "mysql2/promise";

import { serveInChild } from "./child.ts";
import { compare, isShort } from "./compare.ts";
import { issueKeys, serveInstallation } from "./installation.ts";
import { putLoad, wireRequest } from "./load.ts";

const KEYS = 64;
const CONNECTIONS = 32;
const durationMs = isShort ? 300 : 4000;
const rounds = isShort ? 1 : Number(process.env["ROUNDS"] ?? 7);

/** MySQL's own default, which a server for tests does not have: a commit waits for the disk. */
const commitDurably = async (url: string): Promise<void> => {
  const connection = await mysql.createConnection(url);
  await connection.query("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
  await connection.end();
};

await using server = await startMysql();
if (process.env["DURABLE"] !== "0") await commitDurably(server.url);
await using ourDatabase = await server.createDatabase();
await using theirDatabase = await server.createDatabase();
await using ours = await serveInstallation(ourDatabase.url);
await using theirs = await serveInChild("./beside/better-auth-server.ts", {
  DATABASE_URL: theirDatabase.url.replace(/^\w+:/, "mysql:"),
});

const issueTheirs = async (): Promise<readonly string[]> => {
  const answers = Array.from({ length: KEYS }, async (_, index) => {
    const answer = await fetch(`${theirs.url}/create`, {
      method: "POST",
      body: JSON.stringify({ name: `bench ${index}` }),
    });
    return ((await answer.json()) as { key: string }).key;
  });
  return Promise.all(answers);
};

interface Target {
  readonly name: string;
  readonly url: string;
  readonly path: string;
  readonly token: string;
  readonly bodies: readonly object[];
  /** What every answer has in it. */
  readonly expected: string;
}

const contender = ({ name, url, path, token, bodies, expected }: Target) => {
  const requests = bodies.map((body) => wireRequest(url, path, { token, body: JSON.stringify(body) }));
  return { name, round: () => putLoad({ url, requests, expected, connections: CONNECTIONS, durationMs }) };
};

const [ourSecrets, theirKeys] = [await issueKeys(ours, KEYS), await issueTheirs()];
await compare({
  baseline: contender({
    name: "better-auth: verifyApiKey behind node:http",
    url: theirs.url,
    path: "/verify",
    token: "none",
    bodies: theirKeys.map((key) => ({ key })),
    expected: '"valid":true',
  }),
  subject: contender({
    name: "POST /v1/verify (MySQL)",
    url: ours.url,
    path: "/v1/verify",
    token: ours.verifierToken,
    bodies: ourSecrets.map((secret) => ({ secret })),
    expected: '"valid":true',
  }),
  rounds,
  aim: 35,
});
await compare({
  baseline: contender({
    name: "better-auth: createApiKey behind node:http",
    url: theirs.url,
    path: "/create",
    token: "none",
    bodies: [{ name: "bench" }],
    expected: '"key":"',
  }),
  subject: contender({
    name: "tRPC keys.create (MySQL)",
    url: ours.url,
    path: "/trpc/keys.create",
    token: ours.adminToken,
    bodies: [{ name: "bench", environment: "production" }],
    expected: '"secret":"',
  }),
  rounds,
  aim: 1,
});
