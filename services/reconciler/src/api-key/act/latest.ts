import { nameOf } from "@itsy/controller-runtime";

import type { Observed } from "../observed.ts";
import { ApiKeys } from "../resource.ts";
import type { ActDeps } from "./context.ts";

/**
 * Whether the ApiKey is still the one that was observed. A store that is behind holds a request for a rotation that was
 * answered long ago, beside a Secret that says it has answered another one. Asked after the Secret was read, by what
 * then holds only if that very Secret is still there.
 */
export const isLatest = async (
  { kube }: Pick<ActDeps, "kube">,
  { apiKey }: Pick<Observed, "apiKey">,
  signal: AbortSignal,
): Promise<boolean> => {
  const latest = await kube.get(ApiKeys, nameOf(apiKey), { signal });
  const { uid, resourceVersion } = apiKey.metadata;
  return latest?.metadata.uid === uid && latest.metadata.resourceVersion === resourceVersion;
};
