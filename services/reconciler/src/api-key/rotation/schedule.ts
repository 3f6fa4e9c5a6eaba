import { createHash } from "node:crypto";

import { parseDuration } from "../../duration.ts";
import { type Observed, uidOf } from "../observed.ts";
import { renewalAtMs, wantedExpiry } from "./expiry.ts";

/** How much earlier than `rotation.every` an ApiKey may rotate, as a share of it. */
const SPREAD = 0.1;

/** A number in [0, 1) that is the same for one object for ever, and spread evenly over many. */
const shareOf = (uid: string): number => createHash("sha256").update(uid).digest().readUInt32BE(0) / 2 ** 32;

/**
 * When the next scheduled rotation is due, by the service's clock; `null` when none is. It follows from when the current
 * version was delivered, so after any downtime there is one rotation, not those that were missed. It waits for the
 * overlap of the last one to end (a third version would end the first at once), but not past the renewal for the expiry.
 */
export const nextRotationAt = (observed: Pick<Observed, "apiKey" | "spec" | "view">): Date | null => {
  const { spec, view } = observed;
  const { key } = view;
  const { every } = spec.rotation;
  if (every === undefined || key === null || key.status !== "active" || key.rotatedAt === null) return null;
  const everyMs = parseDuration(every) * (1 - SPREAD * shareOf(uidOf(observed)));
  const regularMs = Math.max(Date.parse(key.rotatedAt) + everyMs, Date.parse(key.retiringUntil ?? key.rotatedAt));
  const expiry = wantedExpiry(observed, key.rotatedAt);
  if (expiry === null) return new Date(Math.trunc(regularMs));
  const renewal = renewalAtMs(observed);
  if (renewal !== null) return new Date(Math.trunc(Math.min(regularMs, renewal)));
  return regularMs < Date.parse(expiry) ? new Date(Math.trunc(regularMs)) : null;
};

/** Both instants are the service's: a clock of ours that jumps rotates nothing. */
export const isRotationDue = (observed: Pick<Observed, "apiKey" | "spec" | "view">): boolean => {
  const next = nextRotationAt(observed);
  return next !== null && next.getTime() <= Date.parse(observed.view.at);
};
