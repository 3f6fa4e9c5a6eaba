import type { Dialect } from "./dialect.ts";
import type { Run, Transaction } from "./engine.ts";
import { COMMIT, type Send, type Statement } from "./statement.ts";

/** A connection, as one transaction needs it. */
export interface Wire {
  readonly run: Run;
  readonly send: Send;
  /** In this order, and none after one that failed. */
  readonly sendAll: (statements: readonly Statement[]) => Promise<unknown>;
  readonly rollback: () => Promise<unknown>;
}

/** Statements in one packet: it stays far below what a server takes. */
const PACKET_MAX = 100;

/**
 * Runs `work` between BEGIN and COMMIT on one connection. TypeORM's own bookkeeping of transactions is left aside: on
 * SQLite it cannot take the write lock first, and it miscounts after a rollback that failed.
 */
export const runTransaction = async <Result>(
  { begin, beginsWithFirst }: Pick<Dialect, "begin" | "beginsWithFirst">,
  wire: Wire,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> => {
  const last: Statement[] = [];
  let begun: Promise<unknown> | undefined;
  const began = () => (begun ??= wire.send({ sql: begin, values: [] }));
  const transaction: Transaction = {
    run: async (statements) => {
      // Where it began and what came with it failed, this may go on; where it did not, nothing is sent any more.
      await began().catch(() => undefined);
      return wire.run(statements);
    },
    send: (statement) => {
      // In one packet with the first statement, which fails with it.
      began().catch(() => undefined);
      return wire.send(statement);
    },
    sendLast: (statement) => void last.push(statement),
  };
  if (!beginsWithFirst) await began();
  try {
    const result = await work(transaction);
    if (last.length > 0) began().catch(() => undefined);
    while (last.length > PACKET_MAX) await wire.sendAll(last.splice(0, PACKET_MAX));
    if (begun !== undefined) await wire.sendAll([...last, COMMIT]);
    return result;
  } catch (error) {
    // The connection may be gone, or the database may have rolled back by itself: the first error is the one to tell.
    if (begun !== undefined) await wire.rollback().catch(() => undefined);
    throw error;
  }
};
