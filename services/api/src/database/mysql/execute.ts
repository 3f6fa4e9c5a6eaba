import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from "mysql2";

import type { Dialect } from "../dialect.ts";
import { translated } from "../driver-fault.ts";
import type { Bound } from "../statement.ts";
import { acquireWithin } from "./acquire.ts";
import { type BreakableConnection, breakConnection } from "./pool.ts";

/** One prepared statement, which each connection of the pool prepares once; never part of a transaction. */
export interface Execute {
  /** @throws DatabaseError */
  readonly read: <Row>(sql: string, values?: readonly Bound[]) => Promise<readonly Row[]>;
  /** How many rows it found. @throws DatabaseError */
  readonly write: (sql: string, values: readonly Bound[]) => Promise<number>;
}

export interface ExecuteDeps {
  readonly pool: Pool;
  readonly dialect: Dialect;
  /** Once for the connection and once for the answer. */
  readonly timeoutMs: number;
}

type Answers = RowDataPacket[] | ResultSetHeader;

// Not mysql2's own promises: for each statement they take down a stack trace that nobody reads.
const connectionOf = (pool: Pool): Promise<PoolConnection> =>
  new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => (error === null ? resolve(connection) : reject(error)));
  });

const answerOf = <Answer extends Answers>(
  connection: PoolConnection,
  sql: string,
  values: readonly Bound[],
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    connection.execute<Answer>(sql, [...values], (error, answer) => (error === null ? resolve(answer) : reject(error)));
  });

export const createExecute = ({ pool, dialect, timeoutMs }: ExecuteDeps): Execute => {
  const acquire = (): Promise<PoolConnection> =>
    acquireWithin({ timeoutMs, acquire: () => connectionOf(pool), giveBack: (late) => late.release() });

  const execute = async <Answer extends Answers>(sql: string, values: readonly Bound[]): Promise<Answer> => {
    const connection = await acquire();
    const giveUp = (cause: unknown) => breakConnection(connection as unknown as BreakableConnection, cause);
    // mysql2's own timeout of a statement leaves out its preparation, which then waits for ever. The answer may still
    // come: nobody else must be given this connection.
    const timer = setTimeout(() => giveUp(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      const answer = await answerOf<Answer>(connection, sql, values);
      connection.release();
      return answer;
    } catch (error) {
      giveUp(error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };

  return Object.freeze<Execute>({
    read: <Row>(sql: string, values: readonly Bound[] = []) =>
      translated(dialect, () => execute<(Row & RowDataPacket)[]>(sql, values)),
    write: async (sql, values) => (await translated(dialect, () => execute<ResultSetHeader>(sql, values))).affectedRows,
  });
};
