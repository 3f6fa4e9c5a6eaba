import type { IssuedKey } from "@itsy/contract";
import { secretSha256 } from "@itsy/key-format";

import type { WorkspaceActor } from "../access/actor.ts";
import { recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import type { ApiKey, IdempotencyRecord, SecretVersion } from "../entities.ts";
import { DomainError } from "../errors.ts";
import type { Claim } from "../idempotency/claim.ts";
import { insertFirst } from "../insert-first.ts";
import type { Stores } from "../ports.ts";
import { keyStatus } from "./key-status.ts";
import { viewKey } from "./key-view.ts";
import { ENDED_EVERYWHERE } from "./make-current.ts";
import { newVersion, versionState } from "./secret-version.ts";

export interface Replaying {
  readonly stores: Stores;
  readonly actor: WorkspaceActor;
  readonly now: Date;
}

const conflict = (reason: string) => new DomainError("CONFLICT", `this idempotency key was used before, and ${reason}`);

/** The version that the earlier call made, where nobody can have built on it. @throws DomainError `CONFLICT`. */
const unusedVersion = async (
  { stores, now }: Replaying,
  found: IdempotencyRecord,
  key: ApiKey | null,
): Promise<{ key: ApiKey; version: SecretVersion }> => {
  if (key === null) throw conflict("its key was deleted since");
  const status = keyStatus(key, now);
  if (status === "revoked" || status === "expired") throw conflict(`its key is ${status}`);
  if (key.revision !== found.revision) throw conflict("its key was rotated since");
  const valid = await stores.versions.listValid([key.id], now);
  const version = valid.find((candidate) => versionState(candidate, now) === "current");
  if (version === undefined) throw conflict("its secret ended since");
  // Uses of about the last second may not be known yet. Whoever uses a secret has it, and has no reason to ask again.
  if (version.lastUsedAt !== null) throw conflict("its secret was used since");
  return { key, version };
};

/**
 * Answers a call again whose answer may have been lost: the same key, with a fresh secret in place of the one that
 * nobody used. A version in its overlap stays as it is. `null` when the claim is new.
 * @throws DomainError `CONFLICT` for another input, and where the earlier secret was used or its key changed hands.
 */
export const replay = async (deps: DomainDeps, replaying: Replaying, claim: Claim): Promise<IssuedKey | null> => {
  const { stores, actor, now } = replaying;
  // Repetitions that come at the same time take turns: else the key that one reads is not the one that its row tells of.
  const found = await stores.idempotency.lock(claim);
  if (found === null) return null;
  if (Buffer.compare(found.fingerprint, claim.fingerprint) !== 0) throw conflict("for another input");
  const lost = await unusedVersion(replaying, found, await stores.keys.findById(claim.workspaceId, found.keyId));
  const secret = deps.format.generate({ environment: lost.key.environment, randomBytes: deps.random });
  const next = newVersion(deps, {
    keyId: lost.key.id,
    revision: lost.key.latestRevision + 1,
    secretSha256: secretSha256(secret),
    displayPrefix: deps.format.displayPrefix(secret),
    createdAt: now,
    confirmedAt: now,
    validUntil: null,
  });
  await stores.versions.update(lost.version.id, { validUntil: ENDED_EVERYWHERE });
  await stores.versions.insert(next);
  const { revision, displayPrefix } = next;
  const change = { revision, latestRevision: revision, displayPrefix, updatedAt: now };
  const key = await stores.keys.update(lost.key, change);
  await stores.idempotency.setRevision(found, revision);
  const doing = { actor, action: claim.procedure, now };
  await recordKey({ ids: deps.ids, stores }, doing, { before: lost.key, after: key });
  return { key: await viewKey(stores, key, now), secret };
};

/** Remembers what the claim's call made, in its own transaction. */
export const remember = (stores: Stores, claim: Claim, made: { readonly key: ApiKey; readonly now: Date }) =>
  insertFirst(
    stores.idempotency.insert({
      ...claim,
      keyId: made.key.id,
      revision: made.key.revision,
      createdAt: made.now,
    }),
  );
