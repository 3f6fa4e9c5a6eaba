import type { IssuedKey, RotatedKey, RotateKeyInput } from "@itsy/contract";
import { secretSha256 } from "@itsy/key-format";

import type { WorkspaceActor } from "../access/actor.ts";
import { recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import { DomainError, notFound } from "../errors.ts";
import { claimOf } from "../idempotency/claim.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { keyStatus } from "./key-status.ts";
import { viewKey } from "./key-view.ts";
import { makeCurrent } from "./make-current.ts";
import { remember, replay } from "./replay.ts";
import { newVersion } from "./secret-version.ts";

/**
 * A new secret version of the same key. The old one ends at once, or after `overlapMs`; every replica knows when
 * the call returns with `effectiveEverywhere: true`.
 * @throws DomainError `NOT_FOUND`; `CONFLICT` for a revoked or expired key, and for an idempotency key that
 * cannot be answered again (`replay`); `MANAGED_BY_CLUSTER` where an `ApiKey`
 * resource owns the key, since its Secret would keep the old value.
 */
export const createRotateKey =
  (deps: DomainDeps) =>
  async (actor: WorkspaceActor, input: RotateKeyInput): Promise<RotatedKey> => {
    const { result, everywhere } = await deps.database.commit(async (stores): Promise<IssuedKey> => {
      const now = deps.clock.now();
      const { keyId, overlapMs } = input;
      const claim = claimOf({ workspaceId: actor.workspaceId, procedure: "keys.rotate" }, input);
      const replayed = claim && (await replay(deps, { stores, actor, now }, claim));
      if (replayed !== null) return replayed;
      const key = await stores.keys.findById(actor.workspaceId, keyId);
      if (key === null) throw notFound("key");
      const [owner] = await stores.bindings.listByKeys([keyId]);
      if (owner) {
        const command = `kubectl -n ${owner.namespace} annotate apikey ${owner.name} keys.itsy.dev/rotate-requested-at=$(date -Is) --overwrite`;
        throw new DomainError("MANAGED_BY_CLUSTER", `an ApiKey resource owns this key; rotate it with: ${command}`);
      }
      const status = keyStatus(key, now);
      if (status === "revoked" || status === "expired") throw new DomainError("CONFLICT", `the key is ${status}`);
      const secret = deps.format.generate({ environment: key.environment, randomBytes: deps.random });
      const next = newVersion(deps, {
        keyId,
        revision: key.latestRevision + 1,
        secretSha256: secretSha256(secret),
        displayPrefix: deps.format.displayPrefix(secret),
        createdAt: now,
        confirmedAt: now,
        // Until makeCurrent, in this same transaction, the version works for nobody.
        validUntil: now,
      });
      await stores.versions.insert(next);
      const rotated = await makeCurrent(stores, { key, next, overlapMs, now });
      if (claim !== null) await remember(stores, claim, { key: rotated, now });
      const view = await viewKey(stores, rotated, now);
      await recordKey(
        { ids: deps.ids, stores },
        { actor, action: "keys.rotate", now },
        {
          before: key,
          after: rotated,
          afterBeside: { retiringUntil: view.retiringUntil },
        },
      );
      return { key: view, secret };
    });
    return { ...result, ...everywhereOf(await everywhere) };
  };
