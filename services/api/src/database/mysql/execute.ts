import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from "mysql2";

import type { Dialect } from "../dialect.ts";
import { translated } from "../driver-fault.ts";
import { type Bound, COMMIT, packetOf, type Statement } from "../statement.ts";
import { acquireWithin } from "./acquire.ts";
import { type BreakableConnection, breakConnection } from "./pool.ts";

/** Statements that take a connection of the pool each time; nothing is sent twice. */
export interface Execute {
  /** One prepared statement, which each connection prepares once. @throws DatabaseError */
  readonly read: <Row>(sql: string, values?: readonly Bound[]) => Promise<readonly Row[]>;
  /** The same: how many rows it found. @throws DatabaseError */
  readonly write: (sql: string, values: readonly Bound[]) => Promise<number>;
  /**
   * Writes in one packet that are one transaction: for each, how many rows it found. The pool has to be made for packets.
   * @throws DatabaseError what ended the transaction
   */
  readonly writeTogether: (statements: readonly Statement[]) => Promise<readonly number[]>;
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

type Ask<Answer> = (connection: PoolConnection, answered: (error: unknown, answer: Answer) => void) => void;

const answerOf = <Answer>(connection: PoolConnection, ask: Ask<Answer>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    ask(connection, (error, answer) => (error === null ? resolve(answer) : reject(error)));
  });

const prepared =
  <Answer extends Answers>(sql: string, values: readonly Bound[]): Ask<Answer> =>
  (connection, answered) =>
    connection.execute<Answer>(sql, [...values], answered);

const BEGIN: Statement = { sql: "START TRANSACTION", values: [] };

const inTransaction =
  (statements: readonly Statement[]): Ask<ResultSetHeader[]> =>
  (connection, answered) =>
    connection.query<ResultSetHeader[]>(packetOf([BEGIN, ...statements, COMMIT]), answered);

export const createExecute = ({ pool, dialect, timeoutMs }: ExecuteDeps): Execute => {
  const acquire = (): Promise<PoolConnection> =>
    acquireWithin({ timeoutMs, acquire: () => connectionOf(pool), giveBack: (late) => late.release() });

  const execute = async <Answer>(ask: Ask<Answer>): Promise<Answer> => {
    const connection = await acquire();
    const giveUp = (cause: unknown) => breakConnection(connection as unknown as BreakableConnection, cause);
    // mysql2's own timeout of a statement leaves out its preparation, which then waits for ever. The answer may still
    // come, or a transaction be open: nobody else must be given this connection.
    const timer = setTimeout(() => giveUp(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      const answer = await answerOf(connection, ask);
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
      translated(dialect, () => execute(prepared<(Row & RowDataPacket)[]>(sql, values))),
    write: async (sql, values) =>
      (await translated(dialect, () => execute(prepared<ResultSetHeader>(sql, values)))).affectedRows,
    writeTogether: async (statements) => {
      const answers = await translated(dialect, () => execute(inTransaction(statements)));
      return answers.slice(1, -1).map(({ affectedRows }) => affectedRows);
    },
  });
};
