import type { FieldPacket, PoolConnection, QueryError, ResultSetHeader } from "mysql2";

import { DatabaseError } from "../database-error.ts";
import type { Dialect } from "../dialect.ts";
import { translateStatementFault } from "../driver-fault.ts";
import { type Answer, packetOf, type Send, type Statement } from "../statement.ts";

export interface PacketsDeps {
  readonly connection: PoolConnection;
  readonly dialect: Dialect;
  /** For a whole packet. */
  readonly timeoutMs: number;
}

/** Plain statements on one connection: those of one turn go in one packet, and the next packet when it is answered. */
export interface Packets {
  /** What goes in one packet succeeds or fails together: the server stops at the first statement that fails. */
  readonly send: Send;
  /** Resolves when nothing is under way. @throws DatabaseError what ended the transaction. */
  readonly idle: () => Promise<void>;
  /** Sends this one and nothing of what is waiting. */
  readonly rollback: () => Promise<void>;
}

interface Waiting {
  readonly statement: Statement;
  readonly answer: PromiseWithResolvers<Answer>;
}

/** By the index of the statement that failed, and what the driver said. */
interface Refusal {
  readonly at: number;
  readonly error: unknown;
}

type Answers = readonly unknown[];

const ROLLBACK: Statement = { sql: "ROLLBACK", values: [] };

const answerOf = (answer: unknown): Answer =>
  Array.isArray(answer)
    ? { rows: answer as object[], affected: 0 }
    : { rows: [], affected: (answer as ResultSetHeader).affectedRows };

/** One packet there and back. The answers, one for each statement, or where it stopped. */
const exchange = (
  { connection, timeoutMs }: PacketsDeps,
  statements: readonly Statement[],
): Promise<Answers | Refusal> =>
  new Promise<Answers | Refusal>((resolve) => {
    let answered = 0;
    const done = (error: QueryError | null, answers: unknown, _fields?: FieldPacket[]) => {
      if (error !== null) return resolve({ at: answered, error });
      resolve(statements.length === 1 ? [answers] : (answers as Answers));
    };
    // mysql2 tells of the fields of each answer, also where it has none.
    connection.query({ ...packetOf(statements), timeout: timeoutMs }, done).on("fields", () => {
      answered += 1;
    });
    // A value that mysql2 cannot write.
  }).catch((error: unknown) => ({ at: 0, error }));

export const createPackets = (deps: PacketsDeps): Packets => {
  let waiting: Waiting[] = [];
  let pumping: Promise<void> | undefined;
  /** Why nothing is sent any more. */
  let end: DatabaseError | undefined;

  const refuse = (refused: readonly Waiting[], fault: unknown) => {
    for (const { answer } of refused) answer.reject(fault);
  };

  const putThrough = async (packet: readonly Waiting[]): Promise<void> => {
    const statements = packet.map(({ statement }) => statement);
    const outcome = await exchange(deps, statements);
    if ("error" in outcome) {
      const failed = statements[outcome.at] ?? ROLLBACK;
      const fault = translateStatementFault(deps.dialect, failed, outcome.error);
      // The transaction may be gone: what follows would take effect by itself.
      if (fault instanceof DatabaseError) end ??= fault;
      return refuse(packet, fault);
    }
    for (const [index, { answer }] of packet.entries()) answer.resolve(answerOf(outcome[index]));
  };

  const pump = async (): Promise<void> => {
    // By the next tick everybody who has something to send in this turn has said so.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    while (waiting.length > 0) {
      const packet = waiting;
      waiting = [];
      if (end !== undefined) refuse(packet, end);
      else await putThrough(packet);
    }
    pumping = undefined;
  };

  return Object.freeze<Packets>({
    send: (statement) => {
      const answer = Promise.withResolvers<Answer>();
      waiting.push({ statement, answer });
      pumping ??= pump();
      return answer.promise;
    },
    idle: async () => {
      await pumping;
      if (end !== undefined) throw end;
    },
    rollback: async () => {
      end ??= new DatabaseError("UNEXPECTED", "the transaction is over");
      await pumping;
      const outcome = await exchange(deps, [ROLLBACK]);
      if ("error" in outcome) throw translateStatementFault(deps.dialect, ROLLBACK, outcome.error);
    },
  });
};
