import type { Namespace, Store } from "@itsy/controller-runtime";

import type { StoredApiKey } from "../api-key/resource.ts";
import { type Claims, claimOf } from "./claims.ts";
import { decideGrant, type GrantVerdict } from "./decide.ts";
import type { WorkspaceGrant } from "./resource.ts";

/** The index of the grants' store. */
export const BY_WORKSPACE = "workspace";

/** What the watched grants say. Ask only after the stores have synced. */
export const createGrantSource =
  (known: { readonly grants: Store<WorkspaceGrant>; readonly namespaces: Store<Namespace>; readonly claims: Claims }) =>
  (apiKey: StoredApiKey): GrantVerdict => {
    const claim = claimOf(apiKey);
    return decideGrant(claim, {
      grants: known.grants.byIndex(BY_WORKSPACE, claim.workspace),
      labelsOf: (name) => known.namespaces.get({ name })?.metadata.labels ?? {},
      claims: known.claims.of(claim.workspace),
    });
  };
