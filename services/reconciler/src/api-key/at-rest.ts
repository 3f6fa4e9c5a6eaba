import { annotations } from "./names.ts";
import type { StoredApiKey } from "./resource.ts";

/**
 * Whether the ApiKey says by itself that nothing is left to do: ready, as declared, no request unanswered. After a
 * restart such a one is looked at when its next look would have been due; every other one at once.
 */
export const isAtRest = ({ metadata, status }: StoredApiKey): boolean => {
  const request = metadata.annotations?.[annotations.rotateRequestedAt];
  return (
    metadata.deletionTimestamp === undefined &&
    status?.observedGeneration === metadata.generation &&
    (request === undefined || request === "" || request === status?.lastHandledRotateRequest) &&
    (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True") &&
    !(status?.conditions ?? []).some(({ type, status: is }) => type === "Reconciling" && is === "True")
  );
};
