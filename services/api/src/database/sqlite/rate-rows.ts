import type Sqlite from "better-sqlite3";
import { DatabaseError } from "../database-error.ts";
import type { Dialect } from "../dialect.ts";
import { translated } from "../driver-fault.ts";
import type { RateRows } from "../engine.ts";
import type { Mutex } from "../mutex.ts";
import {
  checkedCounts,
  purgeUnwritten,
  type RateReadRow,
  rateReadQuery,
  toRateRead,
  UPDATE_RATE,
} from "../rate-rows.ts";

/** When the statement began. */
const NOW_MS = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
const INSERT = "INSERT INTO key_rate (key_id, version, counts) VALUES (?, ?, ?) ON CONFLICT (key_id) DO NOTHING";

/** How long a write waits for the transactions before it. */
const WAIT_MAX_MS = 2000;

export interface SqliteRateRowsDeps {
  /** Sees what is committed. */
  readonly reader: Sqlite.Database;
  readonly writer: Sqlite.Database;
  /** Around every write. */
  readonly mutex: Mutex;
  /** Around every read. */
  readonly guarded: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly dialect: Dialect;
}

/** On prepared statements of better-sqlite3. */
export const createSqliteRateRows = ({ reader, writer, mutex, guarded, dialect }: SqliteRateRowsDeps): RateRows => {
  const readStatement = reader.prepare<[string, string], RateReadRow>(rateReadQuery(NOW_MS));
  const insertStatement = writer.prepare<[string, number, string]>(INSERT);
  const updateStatement = writer.prepare<[number, string, string, number]>(UPDATE_RATE);

  /** In the turn of the writer; not at all when it comes too late, which is then certain. */
  const change = async (statement: () => Sqlite.RunResult): Promise<number> => {
    const beganMs = performance.now();
    return mutex.run(() =>
      translated(dialect, async () => {
        if (performance.now() - beganMs > WAIT_MAX_MS)
          throw new DatabaseError("UNREACHABLE", `the database was busy for more than ${WAIT_MAX_MS} ms`);
        return statement().changes;
      }),
    );
  };

  return Object.freeze<RateRows>({
    read: (keyId) => guarded(() => translated(dialect, async () => toRateRead(readStatement.all(keyId, keyId)))),
    write: async ({ keyId, expectedVersion, row }) => {
      const counts = checkedCounts(row.counts);
      const changed = await change(() =>
        expectedVersion === null
          ? insertStatement.run(keyId, row.version, counts)
          : updateStatement.run(row.version, counts, keyId, expectedVersion),
      );
      return changed === 1;
    },
    purge: () =>
      purgeUnwritten(NOW_MS, {
        find: (sql, values) =>
          guarded(() =>
            translated(dialect, async () => reader.prepare<string[], { keyId: string }>(sql).all(...values)),
          ),
        remove: (sql, values) => change(() => writer.prepare<string[]>(sql).run(...values)),
      }),
  });
};
