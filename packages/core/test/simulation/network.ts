import type { Random } from "../seeded-random.ts";
import type { Database, Statements } from "./database.ts";
import type { Log } from "./log.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

export type StatementName = keyof Statements;

/** After how long a caller gives up, by true time. */
export const STATEMENT_TIMEOUT_MS = 20;

/** What shall happen to the next statements of a name. Longer than the caller's patience: it fails, and the statement lives on. */
export interface Delay {
  readonly statement: StatementName;
  /** How many of them. */
  readonly times: number;
  readonly toEffectMs: number;
  readonly toAnswerMs: number;
  readonly isAnswerLost: boolean;
}

export interface Connection {
  /** The statements, with the way there and back; as promises that a failure rejects. */
  readonly call: <Name extends StatementName>(
    name: Name,
    ...args: Parameters<Statements[Name]>
  ) => Promise<ReturnType<Statements[Name]>>;
  delay(delay: Delay): void;
  /** Cut off from the database for so many milliseconds. */
  cut(forMs: number): void;
}

export interface ConnectionDeps {
  readonly world: World;
  readonly database: Database;
  readonly process: Process;
  readonly random: Random;
  readonly log: Log;
}

export const createConnection = (deps: ConnectionDeps): Connection => {
  const { world, database, process, random, log } = deps;
  let delays: Delay[] = [];
  let cutUntilMs = 0;

  const wayOf = (statement: StatementName): Omit<Delay, "statement" | "times"> => {
    const planned = delays.find((delay) => delay.statement === statement);
    if (planned === undefined) return { toEffectMs: random(), toAnswerMs: random(), isAnswerLost: false };
    delays = delays.flatMap((delay) => {
      if (delay !== planned) return [delay];
      return delay.times > 1 ? [{ ...delay, times: delay.times - 1 }] : [];
    });
    return planned;
  };

  const call: Connection["call"] = (name, ...args) =>
    new Promise((resolve, reject) => {
      const way = wayOf(name);
      const fail = (why: string) => () => {
        log(() => `${name} fails: ${why}`);
        reject(new Error(`${name}: ${why}`));
      };
      const refuse = () => world.after(way.toAnswerMs, () => process.deliver(fail("database unreachable")));
      if (database.isDown || world.nowMs < cutUntilMs) return refuse();

      if (way.isAnswerLost || way.toEffectMs + way.toAnswerMs >= STATEMENT_TIMEOUT_MS) {
        world.after(STATEMENT_TIMEOUT_MS, () => process.deliver(fail("no answer in time")));
      }
      world.after(way.toEffectMs, () => {
        if (database.isDown) return refuse();
        const statement = database.statements[name] as (...given: unknown[]) => ReturnType<Statements[typeof name]>;
        const result = statement(...args);
        log(() => `${name}(${JSON.stringify(args).slice(1, -1)}) takes effect: ${JSON.stringify(result)}`);
        if (!way.isAnswerLost) world.after(way.toAnswerMs, () => process.deliver(() => resolve(result)));
      });
    });

  return {
    call,
    delay: (delay) => {
      delays = [...delays, delay];
    },
    cut: (forMs) => {
      cutUntilMs = Math.max(cutUntilMs, world.nowMs + forMs);
    },
  };
};
