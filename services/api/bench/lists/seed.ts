import { DatabaseSync } from "node:sqlite";

// oxlint-disable-next-line no-restricted-imports -- a million keys are not made one by one
import mysql from "mysql2/promise";

export interface SeedOptions {
  readonly databaseUrl: string;
  readonly workspaceId: string;
  readonly projectIds: readonly string[];
  readonly clusterId: string;
  /** One digit that tells the ids of this workspace's keys from others'. */
  readonly digit: number;
  readonly keys: number;
  readonly now: Date;
}

type Execute = (sql: string) => unknown;

const KEYS_AT_ONCE = 50_000;
const DAY_MS = 86_400_000;

const withConnection = async (databaseUrl: string, work: (execute: Execute) => Promise<void>): Promise<void> => {
  if (databaseUrl.startsWith("sqlite:")) {
    const database = new DatabaseSync(databaseUrl.replace(/^sqlite:/, ""));
    // A gigabyte of cache, and no waiting for the disk: the indexes are filled in no order.
    database.exec("PRAGMA cache_size = -1000000; PRAGMA synchronous = OFF");
    await work((sql) => database.exec(sql));
    return database.close();
  }
  const connection = await mysql.createConnection(databaseUrl.replace(/^\w+:/, "mysql:"));
  await work((sql) => connection.query(sql));
  await connection.end();
};

const numbers = (from: number, until: number): string => {
  const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(" UNION ALL ");
  const tables = [0, 1, 2, 3, 4].map((place) => `(${digits}) d${place}`).join(" CROSS JOIN ");
  const sum = [0, 1, 2, 3, 4].map((place) => `d${place}.d * ${10 ** place}`).join(" + ");
  return `SELECT ${from} + ${sum} AS n FROM ${tables} WHERE ${from} + ${sum} < ${until}`;
};

/**
 * The facts of the n-th key. The oldest fifth is revoked, so that whoever looks for revoked keys, newest first, has to
 * pass all others; one in a thousand is paused; a tenth has expired, and of those a few since the job was here.
 */
const facts = ({ keys, now, digit, projectIds }: SeedOptions): string => {
  const at = now.getTime();
  const project = projectIds.map((id, index) => `WHEN ${index} THEN '${id}'`).join(" ");
  return `n,
  concat('key_00000000000000', '${digit}', 10000000000 + n) AS id,
  CASE n % ${projectIds.length} ${project} END AS project_id,
  concat('n', 1000000 + (n * 7919) % 1000003) AS name,
  CASE n % 3 WHEN 0 THEN 'production' WHEN 1 THEN 'preview' ELSE 'local' END AS environment,
  CASE WHEN n % 2 = 0 THEN NULL WHEN n % 10 = 1 THEN ${at - DAY_MS} - (n * 104729) % 1000003 ELSE ${at + DAY_MS} + (n * 104729) % 1000003 END AS expires_at,
  CASE WHEN n % 1000 = 500 THEN ${at} END AS paused_at,
  CASE WHEN n < ${Math.floor(keys / 5)} THEN ${at} END AS revoked_at,
  CASE WHEN n % 4 = 0 THEN NULL ELSE ${at} - (n * 50021) % 1000003 * 1000 END AS last_used_at,
  CASE WHEN n % 16 = 3 THEN 1 ELSE 0 END AS managed`;
};

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Four primes or so: 11 million prefixes before one comes again, about as many as there are. */
const letters = [
  [1, 62],
  [7, 61],
  [13, 59],
  [17, 53],
] as const;

/** The display prefix of the n-th key. */
export const prefixOf = (n: number): string =>
  `itsy_local_sk_${letters.map(([factor, modulus]) => ALPHABET[(n * factor) % modulus]).join("")}`;

const prefixSql = (): string => {
  const drawn = letters.map(([factor, modulus]) => `substr('${ALPHABET}', 1 + (n * ${factor}) % ${modulus}, 1)`);
  return `concat('itsy_local_sk_', ${drawn.join(", ")})`;
};

const facet = (now: Date): string => `(CASE environment WHEN 'production' THEN 0 WHEN 'preview' THEN 8 ELSE 16 END)
  + (CASE WHEN revoked_at IS NOT NULL THEN 6 WHEN expires_at <= ${now.getTime()} AND n % 10000 <> 1 THEN 4 WHEN paused_at IS NOT NULL THEN 2 ELSE 0 END)
  + managed`;

const statements = (options: SeedOptions, part: string): readonly string[] => {
  const { workspaceId, clusterId, now } = options;
  const at = now.getTime();
  return [
    `INSERT INTO api_keys (id, workspace_id, project_id, name, environment, requests_per_minute, expires_at, paused_at,
      paused_by, revoked_at, last_used_at, revision, latest_revision, display_prefix, created_at, updated_at, version, facet)
     SELECT id, '${workspaceId}', project_id, name, environment, 60, expires_at, paused_at,
      CASE WHEN paused_at IS NULL THEN NULL ELSE 'person' END, revoked_at, last_used_at, 1, 1,
      ${prefixSql()}, ${at}, ${at}, 1, ${facet(now)} FROM (SELECT ${facts(options)} FROM (${part}) numbers) facts`,
    `INSERT INTO secret_versions (id, key_id, revision, digest, pepper_version, display_prefix, created_at, confirmed_at)
     SELECT concat('ver', substr(id, 4)), id, 1, ${options.databaseUrl.startsWith("sqlite:") ? "randomblob(32)" : "unhex(sha2(id, 256))"},
      1, 'itsy_local_sk_abcd', ${at}, ${at} FROM (SELECT ${facts(options)} FROM (${part}) numbers) facts`,
    `INSERT INTO bindings (cluster_id, owner_uid, namespace, name, key_id)
     SELECT '${clusterId}', id, 'shop', name, id FROM (SELECT ${facts(options)} FROM (${part}) numbers) facts WHERE managed = 1`,
  ];
};

/** Many keys in one workspace, each with a secret version, spread over its projects, and their counters. */
export const seedKeys = (options: SeedOptions): Promise<void> =>
  withConnection(options.databaseUrl, async (execute) => {
    for (let from = 0; from < options.keys; from += KEYS_AT_ONCE) {
      const part = numbers(from, Math.min(from + KEYS_AT_ONCE, options.keys));
      for (const sql of statements(options, part)) await execute(sql);
    }
    await execute(
      `INSERT INTO key_counts (workspace_id, project_id, facet, shard, amount)
       SELECT workspace_id, project_id, facet, 0, COUNT(*) FROM api_keys WHERE workspace_id = '${options.workspaceId}'
       GROUP BY workspace_id, project_id, facet`,
    );
  });
