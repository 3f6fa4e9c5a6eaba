import type { ConfirmInput, ConfirmOutcome } from "@itsy/contract";

import type { ClusterActor } from "../access/actor.ts";
import { recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import { retiringUntil } from "../keys/key-view.ts";
import { makeCurrent } from "../keys/make-current.ts";
import { versionState } from "../keys/secret-version.ts";
import type { Stores } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { digestsOfSha256 } from "./digests.ts";
import { requireManaged } from "./managed-key.ts";
import { createObserve } from "./observe.ts";

const confirmed = async (stores: Stores, { keyId, revision }: { keyId: string; revision: number }, now: Date) => {
  const until = retiringUntil(await stores.versions.listValid([keyId], now), now);
  return { outcome: "confirmed", keyId, revision, retiringUntil: until?.toISOString() ?? null } as const;
};

const refused = { outcome: { outcome: "refused" }, ends: false } as const;

/** A first delivery ends nothing: it is as quick as it was. */
const ENDS_NOTHING = Object.freeze({ effectiveEverywhere: true, waitedMs: 0 });

/**
 * The version lies where workloads read it: it becomes current, and the one before ends after `overlapMs`, by the
 * database, in one transaction. Idempotent: confirming the current version changes nothing, not even the old one's end.
 * When the call returns with `effectiveEverywhere: true`, every replica knows of the ends that it set.
 * @throws DomainError `NOT_FOUND` when the owner has no key, `FORBIDDEN` when the access was withdrawn.
 */
export const createConfirm = (deps: DomainDeps) => {
  const observe = createObserve(deps);
  return async (actor: ClusterActor, input: ConfirmInput): Promise<ConfirmOutcome> => {
    const { result, everywhere } = await deps.database.commit(async (stores) => {
      const now = deps.clock.now();
      const { key } = await requireManaged(stores, actor, input.ownerUid);
      const next = await stores.versions.findByDigest(digestsOfSha256(deps.peppers, input.secretSha256));
      if (next === null || next.keyId !== key.id || next.revision !== input.revision) return refused;
      if (key.revokedAt !== null) return refused;
      const state = versionState(next, now);
      if (state === "current") {
        stores.keys.announce(key.id);
        return { outcome: await confirmed(stores, next, now), ends: true };
      }
      if (state !== "pending" || next.revision <= key.revision) return refused;
      const ends = (await stores.versions.listValid([key.id], now)).some(({ id }) => id !== next.id);
      const after = await makeCurrent(stores, { key, next, overlapMs: input.overlapMs, now });
      const outcome = await confirmed(stores, next, now);
      await recordKey(
        { ids: deps.ids, stores },
        { actor, action: "delivery.confirm", now },
        {
          before: key,
          after,
          afterBeside: { retiringUntil: outcome.retiringUntil },
        },
      );
      return { outcome, ends };
    });
    const { outcome, ends } = result;
    if (outcome.outcome === "refused") return outcome;
    const isOver = ends ? everywhereOf(await everywhere) : ENDS_NOTHING;
    return { ...outcome, ...isOver, view: await observe(actor, input) };
  };
};
