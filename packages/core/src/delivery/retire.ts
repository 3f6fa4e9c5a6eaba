import type { RetireInput, RetireOutcome } from "@itsy/contract";

import type { ClusterActor } from "../access/actor.ts";
import { recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import { DomainError } from "../errors.ts";
import { retiringVersion } from "../keys/key-view.ts";
import { ENDED_EVERYWHERE } from "../keys/make-current.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { idleAt } from "./idle.ts";
import { requireManaged } from "./managed-key.ts";

/**
 * Ends the version before the current one early, where nobody uses it any more. Judged in the transaction that ends it,
 * by what the database knows of its use; that is about a second behind the replicas. Idempotent.
 * When the call returns with `effectiveEverywhere: true`, no replica accepts the version.
 * @throws DomainError `NOT_FOUND` when the owner has no key, `FORBIDDEN` when the access was withdrawn; `CONFLICT` for a
 * released key.
 */
export const createRetire =
  ({ database, clock, ids }: Pick<DomainDeps, "database" | "clock" | "ids">) =>
  async (actor: ClusterActor, { ownerUid, revision, idleForMs }: RetireInput): Promise<RetireOutcome> => {
    const { result, everywhere } = await database.commit(async (stores) => {
      const now = clock.now();
      const { binding, key } = await requireManaged(stores, actor, ownerUid);
      if (binding.releasedAt !== null) throw new DomainError("CONFLICT", "the owner released this key");
      const valid = await stores.versions.listValid([key.id], now);
      const retiring = retiringVersion(valid, now);
      if (retiring === undefined || retiring.revision !== revision) {
        stores.keys.announce(key.id);
        return null;
      }
      const idle = idleAt({ retiring, valid, idleForMs, now });
      if (idle > now) return { outcome: "inUse", idleAt: idle.toISOString() } as const;
      await stores.versions.update(retiring.id, { validUntil: ENDED_EVERYWHERE });
      // Also the guard: whoever rotates at the same time looks again.
      const after = await stores.keys.update(key, { updatedAt: now });
      await recordKey(
        { ids, stores },
        { actor, action: "delivery.retire", now },
        {
          before: key,
          after,
          beforeBeside: { retiringUntil: retiring.validUntil },
          afterBeside: { retiringUntil: now },
        },
      );
      return null;
    });
    return result ?? { outcome: "ended", ...everywhereOf(await everywhere) };
  };
