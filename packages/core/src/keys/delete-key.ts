import type { DeletedKey, DeleteKeyInput, ProcedurePath } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import { keyFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import type { Committed } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { type ChangeDeps, managedByCluster, ownerOf, requireKey } from "./change-key.ts";

/** The row goes, with all its versions; the audit stays. */
export const createDelete =
  ({ database, clock, ids }: ChangeDeps) =>
  (actor: WorkspaceActor, input: DeleteKeyInput, action: ProcedurePath): Promise<Committed<void>> =>
    database.commit(async (stores) => {
      const now = clock.now();
      const key = await requireKey(stores, { actor, keyId: input.keyId });
      if (input.confirmName !== key.name) {
        throw new DomainError("INVALID_INPUT", "confirmName is not the name of this key: nothing was deleted");
      }
      const owner = await ownerOf({ stores, key });
      if (owner !== undefined && key.revokedAt === null)
        throw managedByCluster(owner, "delete the resource, or revoke the key first; it is");
      // An owner that still stands is released: without its mark it would look new, and be given another key.
      await stores.bindings.releaseKey(key.id, now);
      await stores.versions.deleteOf(key.id);
      await stores.keys.delete(key);
      await record(
        { ids, stores },
        { actor, action, now },
        {
          workspaceId: key.workspaceId,
          target: { type: "key", id: key.id },
          before: keyFacts(key),
          after: null,
        },
      );
    });

/**
 * Removes a key for good: what presents it is told `NOT_FOUND`, by every replica when the call returns with
 * `effectiveEverywhere: true`. An `ApiKey` that owned it (then revoked) is released,
 * so that nothing is minted for it any more.
 * @throws DomainError `NOT_FOUND`; `INVALID_INPUT` for another name; `MANAGED_BY_CLUSTER` for a key that an `ApiKey`
 * owns, unless it is revoked.
 */
export const createDeleteKey = (deps: ChangeDeps) => {
  const deleteKey = createDelete(deps);
  return async (actor: WorkspaceActor, input: DeleteKeyInput): Promise<DeletedKey> => {
    const { everywhere } = await deleteKey(actor, input, "keys.delete");
    return { deleted: true, ...everywhereOf(await everywhere) };
  };
};
