import type { KeyRef, RevokedKey } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import { type ChangeDeps, changeKey } from "./change-key.ts";
import { ENDED_EVERYWHERE } from "./make-current.ts";
import { versionState } from "./secret-version.ts";

/** Ends the version before the current one now, not at the end of its overlap. Idempotent. @throws DomainError `NOT_FOUND`. */
export const createFinishOverlap =
  (deps: ChangeDeps) =>
  async (actor: WorkspaceActor, { keyId }: KeyRef): Promise<RevokedKey> =>
    changeKey(deps, { actor, keyId, action: "keys.finishOverlap" }, async ({ stores, key, now }) => {
      const valid = await stores.versions.listValid([key.id], now);
      const retiring = valid.filter((version) => versionState(version, now) === "retiring");
      if (retiring.length === 0) return { after: key };
      for (const version of retiring) await stores.versions.update(version.id, { validUntil: ENDED_EVERYWHERE });
      return {
        after: await stores.keys.update(key, { updatedAt: now }),
        beforeBeside: { retiringUntil: retiring[0]?.validUntil },
        afterBeside: { retiringUntil: now },
      };
    });
