import type { Delta } from "@itsy/controller-runtime";

import { annotations, FINALIZER } from "./names.ts";
import type { StoredApiKey } from "./resource.ts";

const isHeld = ({ metadata }: StoredApiKey): boolean => metadata.finalizers?.includes(FINALIZER) ?? false;
const requestOf = ({ metadata }: StoredApiKey) => metadata.annotations?.[annotations.rotateRequestedAt];

/**
 * Whether a change asks for work. The reconciler's own writes (its finalizer, the status) do not: without this, every
 * ApiKey would be looked at twice for nothing.
 */
export const isRelevantChange = (delta: Delta<StoredApiKey>): boolean => {
  if (delta.type !== "updated") return true;
  const { object, old } = delta;
  return (
    object.metadata.generation !== old.metadata.generation ||
    object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    requestOf(object) !== requestOf(old) ||
    (isHeld(old) && !isHeld(object))
  );
};
