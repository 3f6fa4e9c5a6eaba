import type { ConfigureInput, ConfigureOutcome } from "@itsy/contract";

import type { ClusterActor } from "../access/actor.ts";
import { recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import { DomainError } from "../errors.ts";
import { keyStatus } from "../keys/key-status.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { requireWithin } from "../tenancy/key-limits.ts";
import { requireManaged } from "./managed-key.ts";
import { columnsOf, differs } from "./settings.ts";

/**
 * Brings a key's configuration to what its manifest says; it holds everywhere when the call returns with
 * `effectiveEverywhere: true`. Idempotent.
 * @throws DomainError `NOT_FOUND`, `FORBIDDEN`; `CONFLICT` for a revoked or released key; `ABOVE_MAXIMUM`.
 */
export const createConfigure =
  ({ database, clock, ids }: Pick<DomainDeps, "database" | "clock" | "ids">) =>
  async (actor: ClusterActor, { owner, settings }: ConfigureInput): Promise<ConfigureOutcome> => {
    const { result, everywhere } = await database.commit(async (stores) => {
      const now = clock.now();
      const { binding, key, workspace } = await requireManaged(stores, actor, owner.uid);
      if (binding.releasedAt !== null) throw new DomainError("CONFLICT", "the owner released this key");
      if (key.revokedAt !== null) throw new DomainError("CONFLICT", "the key is revoked");
      if (!differs(key, settings)) {
        stores.keys.announce(key.id);
        return { keyId: key.id, status: keyStatus(key, now) };
      }
      const { requestsPerMinute, expiresAt } = columnsOf(settings, key, now);
      // What stays as it is may be beyond a maximum that was set later.
      const change = {
        ...(requestsPerMinute !== key.requestsPerMinute && { requestsPerMinute }),
        ...(expiresAt?.getTime() !== key.expiresAt?.getTime() && { expiresAt }),
      };
      requireWithin(workspace, change, now);
      const configured = await stores.keys.update(key, { ...columnsOf(settings, key, now), updatedAt: now });
      const doing = { actor, action: "delivery.configure", now } as const;
      await recordKey({ ids, stores }, doing, { before: key, after: configured });
      return { keyId: key.id, status: keyStatus(configured, now) };
    });
    return { ...result, ...everywhereOf(await everywhere) };
  };
