import type { Observed } from "../observed.ts";
import { pendingRotateRequest } from "../rotate-request.ts";
import type { MintCause } from "./decision.ts";

/** Why the Secret needs another value; `null` when the one in it is the current one and nobody asked for another. */
export const mintCause = (observed: Observed): MintCause | null => {
  const { target, view } = observed;
  const isRequested = pendingRotateRequest(observed) !== null;
  if (view.key?.status === "revoked") return isRequested ? "Replaced" : null;
  if (target?.version?.state === "current") return isRequested ? "Rotated" : null;
  const revision = view.key?.revision ?? 0;
  if (target === null && revision === 0) return "Created";
  if (target === null || target.value === null) return "SecretLost";
  const wasPublishedTooLate = target.version?.state === "ended" && target.version.revision > revision;
  return wasPublishedTooLate ? "DeliveryExpired" : "SecretTampered";
};
