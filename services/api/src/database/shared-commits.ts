import type { Committed, Stores } from "@itsy/core";

import { DatabaseError, hasCertainlyFailed } from "./database-error.ts";

type Work<Result> = (stores: Stores) => Promise<Result>;
type Commit = <Result>(work: Work<Result>) => Promise<Committed<Result>>;

export interface SharedCommitsDeps {
  /** Runs work in one transaction, and again where another one was faster. */
  readonly commit: Commit;
  /** The same, once. */
  readonly commitOnce: Commit;
  /** How long work waits for others before its transaction begins. */
  readonly waitMaxMs: number;
}

/** Transactions under way; what comes meanwhile shares the next one. */
const UNDER_WAY_MAX = 2;
/** So that a transaction stays short, and what fails with it is little. */
const TOGETHER_MAX = 32;

interface Waiting {
  readonly work: Work<unknown>;
  readonly answer: PromiseWithResolvers<Committed<unknown>>;
  giveUp?: NodeJS.Timeout;
}

/** All have ended when this does: none of them still sends statements when the transaction is rolled back. */
const allOf = async (works: readonly Work<unknown>[], stores: Stores): Promise<readonly unknown[]> => {
  const running = works.map((work) => work(stores));
  await Promise.allSettled(running);
  return Promise.all(running);
};

/**
 * Group commit: work that comes while other work is under way shares one transaction, its round trips and its statements.
 * Work that comes alone waits for nobody. When one of those together fails, each runs again in a transaction of its own,
 * so that nobody hears of another's failure.
 * Source: DeWitt et al., Implementation Techniques for Main Memory Database Systems, SIGMOD 1984, section 5.2
 */
export const createSharedCommits = ({ commit, commitOnce, waitMaxMs }: SharedCommitsDeps): Commit => {
  const waiting: Waiting[] = [];
  let underWay = 0;

  const runAlone = async ({ work, answer }: Waiting): Promise<void> => {
    try {
      answer.resolve(await commit(work));
    } catch (error) {
      answer.reject(error);
    }
  };

  const runTogether = async (together: readonly Waiting[]): Promise<void> => {
    try {
      const works = together.map(({ work }) => work);
      const { result: results, everywhere } = await commitOnce((stores) => allOf(works, stores));
      for (const [index, { answer }] of together.entries()) answer.resolve({ result: results[index], everywhere });
    } catch (error) {
      if (hasCertainlyFailed(error)) await Promise.all(together.map(runAlone));
      else for (const { answer } of together) answer.reject(error);
    }
  };

  const run = (together: readonly Waiting[]) => {
    const [first] = together;
    return together.length === 1 && first !== undefined ? runAlone(first) : runTogether(together);
  };

  const takeNext = (): readonly Waiting[] => {
    const next = waiting.splice(0, TOGETHER_MAX);
    for (const { giveUp } of next) clearTimeout(giveUp);
    return next;
  };

  const startNext = async (): Promise<void> => {
    underWay += 1;
    while (waiting.length > 0) await run(takeNext());
    underWay -= 1;
  };

  /** In front of a database that answers nobody, each would else wait for the timeouts of all before it. */
  const giveUpLate = (late: Waiting): void => {
    late.giveUp = setTimeout(() => {
      waiting.splice(waiting.indexOf(late), 1);
      late.answer.reject(new DatabaseError("UNREACHABLE", `no transaction within ${waitMaxMs} ms`));
    }, waitMaxMs);
  };

  return async <Result>(work: Work<Result>): Promise<Committed<Result>> => {
    const answer = Promise.withResolvers<Committed<unknown>>();
    const mine: Waiting = { work, answer };
    waiting.push(mine);
    if (underWay < UNDER_WAY_MAX) void startNext();
    else giveUpLate(mine);
    return (await answer.promise) as Committed<Result>;
  };
};
