import type { OwnerReference } from "@itsy/controller-runtime";

import { ApiKeys, type StoredApiKey } from "../resource.ts";

/** Makes the ApiKey the controller of a Secret. Does not block the owner's deletion: that needs no further right. */
export const ownerReference = ({ metadata }: StoredApiKey): OwnerReference => ({
  apiVersion: ApiKeys.apiVersion,
  kind: ApiKeys.kind,
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
});
