import type { Observed } from "../observed.ts";
import { pendingRotateRequest } from "../rotate-request.ts";
import { isRotationDue } from "../rotation/schedule.ts";
import { movableFormer } from "../target/names.ts";
import type { MintCause } from "./decision.ts";

/** Why the Secret needs another value; `null` when the one in it is the current one and neither
 * a person nor the schedule asks for another. */
export const mintCause = (observed: Observed): MintCause | null => {
  const { target, view } = observed;
  const isRequested = pendingRotateRequest(observed) !== null;
  if (view.key?.status === "revoked") return isRequested ? "Replaced" : null;
  if (target?.version?.state === "current") return isRequested || isRotationDue(observed) ? "Rotated" : null;
  if (movableFormer(observed) !== null) return null;
  const revision = view.key?.revision ?? 0;
  if (target === null && revision === 0) return "Created";
  if (target === null || target.value === null) return "SecretLost";
  const wasPublishedTooLate = target.version?.state === "ended" && target.version.revision > revision;
  return wasPublishedTooLate ? "DeliveryExpired" : "SecretTampered";
};
