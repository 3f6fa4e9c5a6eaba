import { REQUESTS_PER_MINUTE_DEFAULT } from "@itsy/contract";
import type { Delta } from "@itsy/controller-runtime";

import type { ApiKey, StoredApiKey } from "../api-key/resource.ts";

/** What an ApiKey asks of grants. */
export interface Claim {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** `metadata.creationTimestamp`: whole seconds. */
  readonly createdAt: string;
  readonly workspace: string;
  readonly environment: ApiKey["spec"]["environment"];
  readonly requestsPerMinute: number;
}

/** All claims on each workspace, the oldest first. */
export interface Claims {
  readonly of: (workspace: string) => readonly Claim[];
  readonly apply: (delta: Delta<StoredApiKey>) => void;
}

export const claimOf = ({ metadata, spec }: StoredApiKey): Claim => ({
  uid: metadata.uid,
  namespace: metadata.namespace ?? "",
  name: metadata.name,
  createdAt: metadata.creationTimestamp,
  workspace: spec.workspace,
  environment: spec.environment,
  requestsPerMinute: spec.rateLimit?.requestsPerMinute ?? REQUESTS_PER_MINUTE_DEFAULT,
});

const placeOf = ({ createdAt, namespace, name, uid }: Claim): string => `${createdAt}/${namespace}/${name}/${uid}`;

/** By creation; of the same second by namespace and name, so that the order never changes. */
export const isOlder = (a: Claim, b: Claim): boolean => placeOf(a) < placeOf(b);

/** Where the claim is, or would have to be inserted. */
const positionOf = (claims: readonly Claim[], claim: Claim): number => {
  let [low, high] = [0, claims.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = claims[middle];
    if (at !== undefined && isOlder(at, claim)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/**
 * Kept sorted as ApiKeys come and go, so that asking for one costs no pass over all: ten thousand of them are asked for
 * one after another.
 */
export const createClaims = (): Claims => {
  const byWorkspace = new Map<string, Claim[]>();

  const put = (apiKey: StoredApiKey): void => {
    const claim = claimOf(apiKey);
    const claims = byWorkspace.get(claim.workspace) ?? [];
    byWorkspace.set(claim.workspace, claims);
    const position = positionOf(claims, claim);
    claims.splice(position, claims[position]?.uid === claim.uid ? 1 : 0, claim);
  };

  const remove = (apiKey: StoredApiKey): void => {
    const claim = claimOf(apiKey);
    const claims = byWorkspace.get(claim.workspace) ?? [];
    const position = positionOf(claims, claim);
    if (claims[position]?.uid === claim.uid) claims.splice(position, 1);
    if (claims.length === 0) byWorkspace.delete(claim.workspace);
  };

  return Object.freeze({
    of: (workspace: string) => byWorkspace.get(workspace) ?? [],
    apply: (delta: Delta<StoredApiKey>) => (delta.type === "deleted" ? remove(delta.old) : put(delta.object)),
  });
};
