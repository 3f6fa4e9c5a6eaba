import { annotations } from "./names.ts";
import type { Observed, TargetSecret } from "./observed.ts";
import type { ApiKeyStatus } from "./schema/status.ts";

/** The value of the rotate annotation on the ApiKey; `null` when there is none. */
export const rotateRequest = ({ apiKey }: Pick<Observed, "apiKey">): string | null =>
  // A status field is bounded; the annotation is not.
  apiKey.metadata.annotations?.[annotations.rotateRequestedAt]?.slice(0, 1024) || null;

/**
 * What the status has to remember of a revoked key: the request that was there when a look first found it revoked.
 * A key that lives needs no memory.
 */
export const revocationOf = ({
  apiKey,
  view: { key },
}: Pick<Observed, "apiKey" | "view">): ApiKeyStatus["revocation"] => {
  if (key?.status !== "revoked") return undefined;
  const known = apiKey.status?.revocation;
  if (known?.keyId === key.keyId) return known;
  return { keyId: key.keyId, rotateRequest: rotateRequest({ apiKey }) ?? "" };
};

/**
 * A request that may be older than the revocation of the key does not undo it: it is another one than was there when the
 * revocation was first seen, and that is on record. A look that is the first to see it, or that reads an ApiKey from
 * before the record, answers none.
 */
const isSinceRevocation = (request: string, { apiKey, view: { key } }: Pick<Observed, "apiKey" | "view">): boolean => {
  if (key?.status !== "revoked") return true;
  const known = apiKey.status?.revocation;
  return known?.keyId === key.keyId && known.rotateRequest !== request;
};

/**
 * A request that nobody has answered yet. The Secret says it first (its annotation is written together with the value),
 * the status second; either is enough, so that a crash between the two rotates once.
 */
export const unansweredRequest = (observed: Pick<Observed, "apiKey" | "target">): string | null => {
  const request = rotateRequest(observed);
  if (request === null) return null;
  const { apiKey, target } = observed;
  const isHandled = request === target?.rotateHandled || request === apiKey.status?.lastHandledRotateRequest;
  return isHandled ? null : request;
};

/** One of those that may be answered. */
export const pendingRotateRequest = (observed: Pick<Observed, "apiKey" | "target" | "view">): string | null => {
  const request = unansweredRequest(observed);
  return request !== null && isSinceRevocation(request, observed) ? request : null;
};

/** The request that the value in a Secret answers, as far as anybody still says so. */
export const handledRequest = ({ apiKey }: Pick<Observed, "apiKey">, target: TargetSecret): string | null =>
  target.rotateHandled ?? apiKey.status?.lastHandledRotateRequest ?? null;
