import { DatabaseError } from "../database-error.ts";

export interface Acquisition<Connection> {
  readonly timeoutMs: number;
  readonly acquire: () => Promise<Connection>;
  /** For a connection that came when nobody waited for it any more. */
  readonly giveBack: (connection: Connection) => unknown;
}

/**
 * Waits for a connection of a pool, with the bound that mysql2 does not have: in front of a server that answers nobody,
 * each caller in the queue waits for the timeouts of all before it.
 * @throws DatabaseError `UNREACHABLE`
 */
export const acquireWithin = <Connection>(acquisition: Acquisition<Connection>): Promise<Connection> => {
  const { timeoutMs, acquire, giveBack } = acquisition;
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(new DatabaseError("UNREACHABLE", `no connection to the database within ${timeoutMs} ms`));
    }, timeoutMs);
    acquire()
      .then((connection) => (late ? giveBack(connection) : resolve(connection)))
      .catch(reject)
      .finally(() => clearTimeout(timer));
  });
};
