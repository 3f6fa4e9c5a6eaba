// Pages and counts of a workspace with a million keys against those of one with a thousand, in the same database, through
// the use-cases. DATABASE=mysql (default), mariadb or sqlite; KEYS, ROUNDS. BENCH_SHORT=1 only checks that it works.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ApiKey } from "@itsy/core";
import { defaultSecretFormat } from "@itsy/key-format";
import { startMariadb, startMysql } from "@itsy/testbed";
// oxlint-disable-next-line no-restricted-imports -- sets up the server, as its administrator would
import mysql from "mysql2/promise";

import { systemClock } from "../src/adapters/clock.ts";
import { type Domain, openDomain } from "../src/domain.ts";
import { parseSettings } from "../src/env.ts";
import { createLogger } from "../src/logger.ts";
import { isShort } from "./compare.ts";
import { countQueries, type ListQuery, listQueries } from "./lists/queries.ts";
import { seedKeys } from "./lists/seed.ts";
import { type Measured, tableOf } from "./lists/table.ts";

const kind = process.env["DATABASE"] ?? "mysql";
const FEW = isShort ? 100 : 1000;
const MANY = Number(process.env["KEYS"] ?? (isShort ? 1000 : 1_000_000));
const ROUNDS = Number(process.env["ROUNDS"] ?? (isShort ? 1 : 12));
/** Keys at which deep pages begin. */
const PLACES = 200;
const now = systemClock.now();

await using stack = new AsyncDisposableStack();

/** A server as it would be set up for that much data: with a cache that holds it. */
const openServer = async (): Promise<string> => {
  const server = stack.use(await (kind === "mariadb" ? startMariadb() : startMysql()));
  const { url } = stack.use(await server.createDatabase());
  const connection = await mysql.createConnection(url.replace(/^\w+:/, "mysql:"));
  await connection.query("SET GLOBAL innodb_buffer_pool_size = 3221225472").catch(() => undefined);
  const [rows] = await connection.query<mysql.RowDataPacket[]>(
    "SELECT VERSION() AS version, @@innodb_buffer_pool_size AS size",
  );
  process.stdout.write(`${kind} ${rows[0]?.["version"]}, buffer pool ${Number(rows[0]?.["size"]) / 2 ** 20} MiB\n`);
  await connection.end();
  return url.replace(/^\w+:/, `${kind}:`);
};

const openFile = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "itsy-keys-bench-"));
  stack.defer(() => rmSync(directory, { recursive: true }));
  return `sqlite:${join(directory, "keys.db")}`;
};

const databaseUrl = kind === "sqlite" ? openFile() : await openServer();
const settings = parseSettings({
  DATABASE_URL: databaseUrl,
  PEPPERS: `1:${randomBytes(32).toString("base64")}`,
});
const logger = createLogger({ level: "warn", format: defaultSecretFormat });
const nature = { clock: systemClock, monotonicMs: () => performance.now(), random: randomBytes };
const open = () => openDomain(settings, nature, { logger, isReplica: true });

const operator = { kind: "installation", tokenId: "bench", role: "operator" } as const;
const viewerOf = (workspaceId: string) =>
  ({ kind: "workspace", tokenId: "bench", role: "admin", workspaceId }) as const;

/** A workspace with so many keys in four projects. */
const provide = async (slug: string, keys: number, digit: number): Promise<string> => {
  const domain = await open();
  const { workspaces, projects, clusters } = domain.useCases;
  const { id } = await workspaces.create(operator, { slug, name: slug });
  for (const project of ["one", "two", "three"]) await projects.create(viewerOf(id), { slug: project, name: project });
  const cluster = await clusters.create(operator, { slug });
  const projectIds = (await domain.storage.database.read.projects.list(id)).map((project) => project.id);
  await domain[Symbol.asyncDispose]();
  const beganMs = performance.now();
  await seedKeys({ databaseUrl, workspaceId: id, projectIds, clusterId: cluster.id, digit, keys, now });
  process.stdout.write(`${keys} keys in ${((performance.now() - beganMs) / 1000).toFixed(0)} s\n`);
  return id;
};

const few = await provide("few", FEW, 1);
const many = await provide("many", MANY, 2);
const domain: Domain = stack.use(await open());
const { keys } = domain.useCases;

/** Keys from all over the list: where a page may begin. */
const placesIn = async (workspaceId: string, count: number): Promise<readonly ApiKey[]> => {
  const numbers = Array.from({ length: PLACES }, () => Math.floor(Math.random() * count));
  const digit = workspaceId === few ? 1 : 2;
  const found = numbers.map((n) =>
    domain.storage.database.read.keys.findById(workspaceId, `key_00000000000000${digit}${10_000_000_000 + n}`),
  );
  return (await Promise.all(found)).filter((key) => key !== null);
};
const places = { [few]: await placesIn(few, FEW), [many]: await placesIn(many, MANY) };

const valueIn = (key: ApiKey, sort: ListQuery["input"]["sort"]): string | number | null => {
  if (sort === "name") return key.name;
  if (sort === "lastUsed") return key.lastUsedAt?.getTime() ?? null;
  return sort === "expires" ? (key.expiresAt?.getTime() ?? null) : null;
};

/** As the service would have given it at the end of the page before. */
const cursorAt = (workspaceId: string, { sort, order }: ListQuery["input"]): string => {
  const key = places[workspaceId]?.[Math.floor(Math.random() * PLACES)] as ApiKey;
  return Buffer.from(JSON.stringify([sort, order, valueIn(key, sort), key.id])).toString("base64url");
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
};

interface Call {
  readonly group: string;
  readonly name: string;
  readonly run: (workspaceId: string) => Promise<unknown>;
}

/** Both sizes in turn, so that both meet the same moods of the machine. The first round warms up. */
const measure = async (calls: readonly Call[]): Promise<readonly Measured[]> => {
  const measured = calls.map(({ group, name }) => ({ group, name, smallMs: [] as number[], largeMs: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, { run }] of calls.entries()) {
      const into = measured[index] as Measured;
      for (const workspaceId of round % 2 === 0 ? [few, many] : [many, few]) {
        const ms = await timed(() => run(workspaceId));
        if (round > 0) (workspaceId === few ? into.smallMs : into.largeMs).push(ms);
      }
    }
  }
  return measured;
};

const pages = listQueries.map(({ group, input, isDeep }): Call => {
  const run = (workspaceId: string) =>
    keys.list(viewerOf(workspaceId), { ...input, ...(isDeep && { cursor: cursorAt(workspaceId, input) }) });
  return { group, name: JSON.stringify({ ...input, isDeep }), run };
});
const counts = countQueries.map(({ group, input }): Call => {
  return { group, name: JSON.stringify(input), run: (id) => keys.count(viewerOf(id), input) };
});
process.stdout.write(`\n${tableOf(await measure(pages), `pages, ms, ${FEW} and ${MANY} keys, ${kind}`)}\n`);
process.stdout.write(`${tableOf(await measure(counts), `counts, ms, ${kind}`)}\n`);
