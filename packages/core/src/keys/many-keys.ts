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
import { DomainError } from "../errors.ts";
import { type Committed, ConcurrentChange } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { type ChangeDeps, type Changed, type Changing, commitKeyChange } from "./change-key.ts";
import { createDelete } from "./delete-key.ts";
import { pauseWithin } from "./pause-key.ts";
import { revokeWithin } from "./revoke-key.ts";

type Failure = { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** What is the key's own trouble is its result; what is the database's ends the call, which may be made again. */
const failureOf = (error: unknown): Failure => {
  if (error instanceof DomainError) return { ok: false, code: error.code, message: error.message };
  if (error instanceof ConcurrentChange) {
    return { ok: false, code: "UNAVAILABLE", message: "the key was changed by others all the time; try again later" };
  }
  throw error;
};

/**
 * One after the other, each in its own transaction: one that is refused does not undo another. The waits until each
 * holds everywhere run side by side.
 */
const each = async <Item, Result, Shown extends object>(
  items: readonly Item[],
  work: (item: Item) => Promise<Committed<Result>>,
  show: (result: Result, everywhere: Everywhere) => Shown,
): Promise<(({ ok: true } & Shown) | Failure)[]> => {
  const outcomes: (Committed<Result> | Failure)[] = [];
  for (const item of items) outcomes.push(await work(item).catch(failureOf));
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
    results: await each(
      keyIds,
      (keyId) => commitKeyChange(deps, { actor, keyId, action }, work),
      (key, everywhere) => ({ key: { ...key, ...everywhere } }),
    ),
  });

/** Several keys at once, each with its own result, in the order of the input. */
export const createManyKeys = (deps: ChangeDeps) => {
  const deleteKey = createDelete(deps);
  return {
    revokeMany: createChangeMany(deps, "keys.revokeMany", async ({ stores, key, now }) => ({
      after: await revokeWithin(stores, key, now),
    })),
    pauseMany: createChangeMany(deps, "keys.pauseMany", pauseWithin),
    deleteMany: async (actor: WorkspaceActor, { keys }: DeleteKeysInput): Promise<ManyDeletedResult> => ({
      results: await each(
        keys,
        (key) => deleteKey(actor, key, "keys.deleteMany"),
        (_, everywhere) => everywhere,
      ),
    }),
  };
};
