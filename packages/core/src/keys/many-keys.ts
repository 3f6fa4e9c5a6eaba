import type {
  DeleteKeysInput,
  ErrorCode,
  KeyRefs,
  ManyDeletedResult,
  ManyKeysResult,
  ProcedurePath,
} from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import { DomainError } from "../errors.ts";
import { ConcurrentChange } from "../ports.ts";
import { type ChangeDeps, type Changed, type Changing, changeKey } from "./change-key.ts";
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

/** One after the other, each in its own transaction: one that is refused does not undo another. */
const each = async <Item, Result extends object>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<(({ ok: true } & Result) | Failure)[]> => {
  const results: (({ ok: true } & Result) | Failure)[] = [];
  for (const item of items) {
    results.push(await work(item).then((result) => ({ ok: true as const, ...result }), failureOf));
  }
  return results;
};

const createChangeMany =
  (deps: ChangeDeps, action: ProcedurePath, work: (changing: Changing) => Promise<Changed>) =>
  async (actor: WorkspaceActor, { keyIds }: KeyRefs): Promise<ManyKeysResult> => ({
    results: await each(keyIds, async (keyId) => ({ key: await changeKey(deps, { actor, keyId, action }, work) })),
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
      results: await each(keys, async (key) => {
        await deleteKey(actor, key, "keys.deleteMany");
        return {};
      }),
    }),
  };
};
