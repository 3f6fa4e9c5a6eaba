import type { RevokedKey, UpdateKeyInput } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import type { ApiKey } from "../entities.ts";
import { DomainError } from "../errors.ts";
import type { ApiKeyChange } from "../ports.ts";
import { requireWithin, workspaceOf } from "../tenancy/key-limits.ts";
import { type ChangeDeps, changeKey, managedByCluster, ownerOf, requireNotRevoked } from "./change-key.ts";
import { futureInstant } from "./create-key.ts";
import { sortedMetadata } from "./sorted-metadata.ts";
import { sameSet, sortedSet } from "./sorted-set.ts";

/** The fields of the input that would make the key another one. */
const differences = (key: ApiKey, input: UpdateKeyInput, now: Date): ApiKeyChange => {
  const { name, requestsPerMinute, expiresAt, owner, permissions, ipRules } = input;
  const metadata = input.metadata && sortedMetadata(input.metadata);
  const instant = expiresAt === undefined || expiresAt === null ? expiresAt : new Date(expiresAt);
  return {
    ...(name !== undefined && name !== key.name && { name }),
    ...(requestsPerMinute !== undefined && requestsPerMinute !== key.requestsPerMinute && { requestsPerMinute }),
    ...(instant !== undefined &&
      instant?.getTime() !== key.expiresAt?.getTime() && { expiresAt: futureInstant(expiresAt ?? null, now) }),
    ...(owner !== undefined && owner !== key.owner && { owner }),
    ...(metadata !== undefined && JSON.stringify(metadata) !== JSON.stringify(key.metadata) && { metadata }),
    ...(permissions && !sameSet(permissions, key.permissions) && { permissions: sortedSet(permissions) }),
    ...(ipRules && !sameSet(ipRules, key.ipRules) && { ipRules: sortedSet(ipRules) }),
  };
};

const ofManifest = [
  "name",
  "requestsPerMinute",
  "expiresAt",
  "permissions",
  "ipRules",
] as const satisfies readonly (keyof ApiKeyChange)[];

/**
 * Changes what was given and differs; every replica follows when it returns. An expired key may be given a later expiry, and works again.
 * @throws DomainError `NOT_FOUND`; `CONFLICT` for a revoked key, and where the key was changed since `expectedVersion`;
 * `INVALID_INPUT` for an expiry in the past; `ABOVE_MAXIMUM`; `MANAGED_BY_CLUSTER` for what the manifest of an `ApiKey` sets.
 */
export const createUpdateKey =
  (deps: ChangeDeps) =>
  async (actor: WorkspaceActor, input: UpdateKeyInput): Promise<RevokedKey> =>
    changeKey(deps, { actor, keyId: input.keyId, action: "keys.update" }, async ({ stores, key, now }) => {
      const { expectedVersion } = input;
      if (expectedVersion !== undefined && expectedVersion !== key.version) {
        const message = `the key was changed since: it is at version ${key.version}, not ${expectedVersion}; read it again`;
        throw new DomainError("CONFLICT", message);
      }
      requireNotRevoked(key);
      const change = differences(key, input, now);
      if (Object.keys(change).length === 0) return { after: key };
      const owner = ofManifest.some((field) => field in change) ? await ownerOf({ stores, key }) : undefined;
      if (owner !== undefined) throw managedByCluster(owner, "change name, limit, expiry, permissions and IP rules");
      requireWithin(await workspaceOf(stores, key.workspaceId), change, now);
      return { after: await stores.keys.update(key, { ...change, updatedAt: now }) };
    });
