import type {
  DeleteKeysInput,
  ErrorCode,
  Everywhere,
  KeyRefs,
  ManyDeletedResult,
  ManyKeysResult,
  ProcedurePath,
} from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import { assertNever } from "../assert-never.ts";
import { DomainError } from "../errors.ts";
import { type Committed, ConcurrentChange, type Database } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { type ChangeDeps, type Changed, type Changing, commitKeyChange } from "./change-key.ts";
import { createDelete } from "./delete-key.ts";
import { pauseWithin } from "./pause-key.ts";
import { revokeWithin } from "./revoke-key.ts";

type Failure = { readonly ok: false; readonly code: ErrorCode; readonly message: string };

const unavailable = (message: string): Failure => ({ ok: false, code: "UNAVAILABLE", message });
const notAnswered = unavailable("the database did not answer: whether this was done is not known; try again later");
const afterNoAnswer = unavailable(
  "the database did not answer for a key before this one: nothing was tried; try again later",
);
const locked = unavailable(
  "somebody else held the key in the database for too long: nothing was done; try again later",
);
const afterLocks = unavailable(
  "somebody else held keys before this one in the database for too long: nothing was tried; try again later",
);

/** A wait for a lock takes 2 to 3 s and is not repeated: so many end well before clients give up, which is after 10 s. */
const LOCKED_MAX = 2;
const RETRY_FOR_MS = 1_000;

/** What is the key's own trouble is its result, and so is a database that is away; a defect ends the call. */
const failureOf = (database: Database, error: unknown): Failure => {
  if (error instanceof DomainError) return { ok: false, code: error.code, message: error.message };
  if (error instanceof ConcurrentChange) {
    return unavailable("the key was changed by others all the time; try again later");
  }
  const trouble = database.troubleOf(error);
  switch (trouble) {
    case "UNREACHABLE":
      return notAnswered;
    case "LOCKED":
      return locked;
    case null:
      throw error;
    default:
      return assertNever(trouble);
  }
};

/** Why the database is not asked for the next key; `null`: it is. */
const reasonToStop = (outcomes: readonly unknown[]): Failure | null => {
  if (outcomes.includes(notAnswered)) return afterNoAnswer;
  return outcomes.filter((outcome) => outcome === locked).length < LOCKED_MAX ? null : afterLocks;
};

/**
 * One after the other, each in its own transaction: one that is refused does not undo another. The waits until each
 * holds everywhere run side by side. Whoever called must hear in time of the keys that were changed, which nothing else
 * tells: once the database is away, or several keys were held by others, each of the rest would wait as long, and is not
 * tried.
 */
const each = async <Item, Result, Shown extends object>(
  database: Database,
  items: readonly Item[],
  {
    work,
    show,
  }: {
    readonly work: (item: Item) => Promise<Committed<Result>>;
    readonly show: (result: Result, everywhere: Everywhere) => Shown;
  },
): Promise<(({ ok: true } & Shown) | Failure)[]> => {
  const outcomes: (Committed<Result> | Failure)[] = [];
  for (const item of items) {
    const reason = reasonToStop(outcomes);
    outcomes.push(reason ?? (await work(item).catch((error: unknown) => failureOf(database, error))));
  }
  return Promise.all(
    outcomes.map(async (outcome) =>
      "ok" in outcome
        ? outcome
        : { ok: true as const, ...show(outcome.result, everywhereOf(await outcome.everywhere)) },
    ),
  );
};

const createChangeMany =
  (deps: ChangeDeps, action: ProcedurePath, work: (changing: Changing) => Promise<Changed>) =>
  async (actor: WorkspaceActor, { keyIds }: KeyRefs): Promise<ManyKeysResult> => ({
    results: await each(deps.database, keyIds, {
      work: (keyId) => commitKeyChange(deps, { actor, keyId, action }, work),
      show: (key, everywhere) => ({ key: { ...key, ...everywhere } }),
    }),
  });

/** A database that waits once for what others hold. */
const impatient = (database: Database): Database => ({
  ...database,
  commit: (work) => database.commit(work, { retryForMs: RETRY_FOR_MS }),
});

/** Several keys at once, each with its own result, in the order of the input. */
export const createManyKeys = ({ database, ...rest }: ChangeDeps) => {
  const deps = { ...rest, database: impatient(database) };
  const deleteKey = createDelete(deps);
  return {
    revokeMany: createChangeMany(deps, "keys.revokeMany", async ({ stores, key, now }) => ({
      after: await revokeWithin(stores, key, now),
    })),
    pauseMany: createChangeMany(deps, "keys.pauseMany", pauseWithin),
    deleteMany: async (actor: WorkspaceActor, { keys }: DeleteKeysInput): Promise<ManyDeletedResult> => ({
      results: await each(deps.database, keys, {
        work: (key) => deleteKey(actor, key, "keys.deleteMany"),
        show: (_, everywhere) => everywhere,
      }),
    }),
  };
};
