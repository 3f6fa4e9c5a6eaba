import type { Delta, Namespace, Reflector } from "@itsy/controller-runtime";

import type { ApiKey, StoredApiKey } from "../api-key/resource.ts";
import { claimOf, createClaims } from "./claims.ts";
import { decideGrant, type GrantVerdict } from "./decide.ts";
import { createPlaces } from "./places.ts";
import type { WorkspaceGrant } from "./resource.ts";

/** The index of the grants' store. */
export const BY_WORKSPACE = "workspace";

const labelsChanged = (delta: Delta<Namespace>): boolean =>
  delta.type !== "updated" ||
  JSON.stringify(delta.object.metadata.labels) !== JSON.stringify(delta.old.metadata.labels);

export interface GrantSourceDeps {
  readonly apiKeys: Pick<Reflector<ApiKey>, "subscribe">;
  readonly grants: Pick<Reflector<WorkspaceGrant>, "store">;
  readonly namespaces: Pick<Reflector<Namespace>, "store" | "subscribe">;
}

/** What the watched grants say. Ask only after the stores have synced. */
export const createGrantSource = (known: GrantSourceDeps): ((apiKey: StoredApiKey) => GrantVerdict) => {
  const { apiKeys, grants, namespaces } = known;
  const labelsOf = (name: string) => namespaces.store.get({ name })?.metadata.labels ?? {};
  const grantsOf = (workspace: string) => grants.store.byIndex(BY_WORKSPACE, workspace);
  const claims = createClaims();
  const places = createPlaces({ grantsOf, claimsOf: claims.of, labelsOf });
  apiKeys.subscribe((delta) => {
    claims.apply(delta);
    places.apply(delta);
  });
  namespaces.subscribe((delta) => {
    if (labelsChanged(delta)) places.forget();
  });
  return (apiKey) => {
    const claim = claimOf(apiKey);
    return decideGrant(claim, { grants: grantsOf(claim.workspace), labelsOf, hasRoom: places.hasRoom });
  };
};
