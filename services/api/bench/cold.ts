// Verify when nothing is remembered: the use-case against the driver alone, which sends the same lookup as a prepared
// statement over as many connections, on one MySQL server.
import { hash } from "node:crypto";

import { digestsOf } from "@itsy/key-format";
import { startMysql } from "@itsy/testbed";
// oxlint-disable-next-line no-restricted-imports -- the baseline is the driver itself
import mysql from "mysql2/promise";

import { serverLimits } from "../src/database/mysql/limits.ts";
import { verificationQuery } from "../src/database/verification-row.ts";
import { roundOf } from "./callers.ts";
import { compare, isShort } from "./compare.ts";
import { keyInput, openInProcess } from "./in-process.ts";

/**
 * Few, so that the limiter draws for many requests of a key at once; and not a divisor of the callers, or the one that is
 * remembered would be the next one asked for.
 */
const KEYS = 21;
const load = { callers: 16, durationMs: isShort ? 300 : 3000 };

await using server = await startMysql();
await using database = await server.createDatabase();
// It remembers one key, and is never asked for the same one twice in a row.
await using service = await openInProcess({ DATABASE_URL: database.url, VERIFY_CACHE_MAX: "1" });
const { domain, admin } = service;

const secrets: string[] = [];
for (let count = 0; count < KEYS; count += 1) {
  const issued = await domain.useCases.keys.create(admin, { ...keyInput, requestsPerMinute: 100_000_000 });
  secrets.push(issued.secret);
}
const digests = secrets.map((secret) => {
  const [newest] = digestsOf(domain.deps.peppers, hash("sha256", secret, "buffer"));
  return newest?.digest ?? Buffer.alloc(0);
});

let turn = 0;
const next = <Item>(items: readonly Item[]): Item => items[(turn += 1) % items.length] as Item;

const pool = mysql.createPool({
  uri: database.url.replace(/^\w+:/, "mysql:"),
  connectionLimit: serverLimits.lookupConnectionsMax,
});
const sql = verificationQuery(1);
await compare({
  baseline: {
    name: "mysql2 execute of the same lookup",
    round: roundOf(load, async () => {
      const [rows] = await pool.execute<mysql.RowDataPacket[]>(sql, [next(digests)]);
      if (rows.length !== 1) throw new Error("a secret was not found");
    }),
  },
  subject: {
    name: "use-case verify, nothing remembered",
    round: roundOf(load, async () => {
      const verification = await domain.useCases.verify(admin, { secret: next(secrets) });
      if (!verification.valid) throw new Error(`refused: ${verification.code}`);
    }),
  },
  rounds: isShort ? 1 : 7,
  aim: 0.6,
});
const { hits, misses } = domain.memory.lookups;
process.stdout.write(`answered from memory: ${((100 * hits) / (hits + misses)).toFixed(1)} %\n\n`);
await pool.end();
