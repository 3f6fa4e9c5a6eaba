import { annotations } from "./names.ts";
import type { Observed, TargetSecret } from "./observed.ts";

/** The value of the rotate annotation on the ApiKey; `null` when there is none. */
export const rotateRequest = ({ apiKey }: Pick<Observed, "apiKey">): string | null =>
  // A status field is bounded; the annotation is not.
  apiKey.metadata.annotations?.[annotations.rotateRequestedAt]?.slice(0, 1024) || null;

/**
 * A request that nobody has answered yet. The Secret says it first (its annotation is written together with the value),
 * the status second; either is enough, so that a crash between the two rotates once.
 */
export const pendingRotateRequest = (observed: Pick<Observed, "apiKey" | "target">): string | null => {
  const request = rotateRequest(observed);
  if (request === null) return null;
  const { apiKey, target } = observed;
  const isHandled = request === target?.rotateHandled || request === apiKey.status?.lastHandledRotateRequest;
  return isHandled ? null : request;
};

/** The request that the value in a Secret answers, as far as anybody still says so. */
export const handledRequest = ({ apiKey }: Pick<Observed, "apiKey">, target: TargetSecret): string | null =>
  target.rotateHandled ?? apiKey.status?.lastHandledRotateRequest ?? null;
