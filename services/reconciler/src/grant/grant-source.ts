import type { Namespace, Store } from "@itsy/controller-runtime";

import type { ApiKeySpec } from "../api-key/spec.ts";
import { decideGrant, type GrantVerdict } from "./decide.ts";
import type { WorkspaceGrant } from "./resource.ts";

/** The index of the grants' store. */
export const BY_WORKSPACE = "workspace";

/** What the watched grants say. Ask only after both stores have synced. */
export const createGrantSource =
  (stores: { readonly grants: Store<WorkspaceGrant>; readonly namespaces: Store<Namespace> }) =>
  (spec: ApiKeySpec, namespace: string): GrantVerdict => {
    const labels = stores.namespaces.get({ name: namespace })?.metadata.labels ?? {};
    return decideGrant(spec, { name: namespace, labels }, stores.grants.byIndex(BY_WORKSPACE, spec.workspace));
  };
