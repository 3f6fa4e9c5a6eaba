import type { EntityMetadata } from "typeorm";

import { DatabaseError } from "./database-error.ts";
import type { Dialect } from "./dialect.ts";
import type { Engine, Run, Transaction } from "./engine.ts";
import { type CountChanges, createCountChanges } from "./key-index/counts.ts";
import {
  findStatement,
  insertStatement,
  type RowCondition,
  recordOf,
  selectStatement,
  updateStatement,
} from "./plain-rows.ts";
import type { Answer, Send, Statement } from "./statement.ts";

/** What a store runs its statements on: either a transaction, or reads of committed data. */
export interface Session {
  readonly read: Run;
  readonly write: Run;
  /** The one row with these values; in a transaction, sent as `Transaction.send` does. */
  readonly findRow: <Row extends object>(
    table: string,
    where: Readonly<Partial<Record<keyof Row, string>>>,
  ) => Promise<Row | null>;
  /**
   * The same row as it is committed now, and nobody else's to write or to lock before the end of the transaction: whoever
   * asks for it meanwhile waits.
   */
  readonly lockRow: <Row extends object>(table: string, where: Readonly<Partial<Row>>) => Promise<Row | null>;
  /** The rows for which the condition holds, sent as `Transaction.send` does. */
  readonly findRows: <Row extends object>(table: string, condition: RowCondition<Row>) => Promise<Row[]>;
  /** One whole row, sent as `Transaction.send` does. */
  readonly insertRow: (table: string, row: object, options?: InsertOptions) => Promise<void>;
  /** The same with the commit: nothing in the transaction may look for it. */
  readonly insertRowLast: (table: string, row: object, options?: InsertOptions) => void;
  /** Writes into the rows that have all of these values; how many they are. Sent as `Transaction.send` does. */
  readonly updateRows: <Row extends object>(table: string, where: Partial<Row>, set: Partial<Row>) => Promise<number>;
  /** Tells that the key or a version of it, or the token, is different after the commit. */
  readonly keyChanged: (id: string) => void;
  /** Tells that the key was not there before. */
  readonly keyCreated: (id: string) => void;
  /** How many keys there are more, or fewer, of a group after the commit. */
  readonly counts: CountChanges;
}

export interface InsertOptions {
  /** See `Statement.refersTo`. */
  readonly refersTo?: string;
}

/** The ids of what a transaction changed; those that it created are in both. */
export interface ChangedKeys {
  readonly changed: ReadonlySet<string>;
  readonly created: ReadonlySet<string>;
}

type MetadataOf = (table: string) => EntityMetadata;

const findOne = async <Row extends object>(
  send: Send,
  metadata: EntityMetadata,
  statement: Statement,
): Promise<Row | null> => {
  const [row] = (await send(statement)).rows;
  return row === undefined ? null : (recordOf(metadata, row as Readonly<Record<string, unknown>>) as Row);
};

const findersOn = (send: Send, metadataOf: MetadataOf): Pick<Session, "findRow" | "findRows"> => ({
  findRow: async <Row extends object>(table: string, where: Readonly<Partial<Record<keyof Row, string>>>) => {
    const metadata = metadataOf(table);
    return findOne<Row>(send, metadata, findStatement(metadata, where));
  },
  findRows: async <Row extends object>(table: string, condition: RowCondition<Row>) => {
    const metadata = metadataOf(table);
    const { rows } = await send(selectStatement(metadata, condition));
    return rows.map((row) => recordOf(metadata, row as Readonly<Record<string, unknown>>) as Row);
  },
});

const outside = () => new DatabaseError("UNEXPECTED", "writes happen inside a transaction only");
const refuseWrite = () => Promise.reject(outside());

/** What several ask for before anything is written is asked for once. */
const askOnce = (send: Send): { readonly ask: Send; readonly forget: () => void } => {
  const asked = new Map<string, Promise<Answer>>();
  const ask: Send = (statement) => {
    const question = JSON.stringify([statement.sql, statement.values]);
    const known = asked.get(question);
    if (known !== undefined) return known;
    const answer = send(statement).finally(() => asked.delete(question));
    asked.set(question, answer);
    return answer;
  };
  return { ask, forget: () => asked.clear() };
};

/** Reads of committed data; a write is refused. */
export const readSession = ({ read, select, metadataOf }: Engine): Session =>
  Object.freeze<Session>({
    read,
    write: refuseWrite,
    ...findersOn(select, metadataOf),
    lockRow: refuseWrite,
    insertRow: refuseWrite,
    insertRowLast: () => {
      throw outside();
    },
    updateRows: refuseWrite,
    keyChanged: () => undefined,
    keyCreated: () => undefined,
    counts: createCountChanges(),
  });

/** Reads and writes of one transaction, and what it has changed so far. */
export const transactionSession = (
  { run, send, sendLast }: Transaction,
  { metadataOf, dialect }: { readonly metadataOf: MetadataOf; readonly dialect: Dialect },
): Session & ChangedKeys => {
  const changed = new Set<string>();
  const created = new Set<string>();
  const { ask, forget } = askOnce(send);
  return Object.freeze<Session & ChangedKeys>({
    read: run,
    write: (statements) => {
      forget();
      return run(statements);
    },
    ...findersOn(ask, metadataOf),
    lockRow: async <Row extends object>(table: string, where: Readonly<Partial<Row>>) => {
      const metadata = metadataOf(table);
      const { sql, values } = findStatement(metadata, where);
      // Several that share the transaction lock it once.
      return findOne<Row>(ask, metadata, { sql: `${sql} ${dialect.forUpdate}`, values });
    },
    insertRow: async (table, row, options) => {
      forget();
      await send({ ...insertStatement(metadataOf(table), row), ...options });
    },
    insertRowLast: (table, row, options) => sendLast({ ...insertStatement(metadataOf(table), row), ...options }),
    updateRows: async (table, where, set) => {
      forget();
      return (await send(updateStatement(metadataOf(table), where, set))).affected;
    },
    changed,
    created,
    keyChanged: (id: string) => void changed.add(id),
    keyCreated: (id: string) => {
      changed.add(id);
      created.add(id);
    },
    counts: createCountChanges(),
  });
};
