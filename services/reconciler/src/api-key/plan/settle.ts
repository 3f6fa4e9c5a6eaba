import type { Observed } from "../observed.ts";
import { nextRotationAt } from "../rotation/schedule.ts";
import { unusedAtMs } from "../rotation/unused.ts";
import { previousUntilMs } from "../target/previous.ts";
import { isFollowUpOpen } from "../workloads/follow-up.ts";
import { act, type Decision, type PlanContext } from "./decision.ts";
import type { Finding } from "./finding.ts";
import { takingAway } from "./taking-away.ts";
import { formerUntilMs } from "./target.ts";

// A little later than the instant itself, so that the service's clock has passed it too.
const AFTER_MS = 1_000;
const TRY_AGAIN_MS = 10_000;

/** The resync, or sooner when something is known to come before: the end of the key or of its retiring version, a rotation. */
const lookAgainMs = (observed: Observed, { resyncMs }: PlanContext): number => {
  const { spec, view, formers } = observed;
  const byService = [spec.expiresAt, view.key?.retiringUntil, nextRotationAt(observed)?.toISOString()];
  const formerUntil = formers.length === 0 ? null : formerUntilMs(observed);
  const unusedAt = unusedAtMs(observed);
  const previousUntil = previousUntilMs(observed);
  const ends = [
    ...byService.flatMap((instant) => (instant == null ? [] : [Date.parse(instant) - Date.parse(view.at) + AFTER_MS])),
    // Not a moment later: it is to be gone when it ends.
    ...(previousUntil === null ? [] : [previousUntil - Date.parse(view.at)]),
    ...(unusedAt === null ? [] : [unusedAt - Date.parse(view.at) + AFTER_MS]),
    ...(formerUntil === null ? [] : [formerUntil - Date.parse(view.at)]),
  ].filter((delayMs) => delayMs > 0);
  return Math.min(resyncMs, ...ends, ...(isFollowUpOpen(observed) ? [TRY_AGAIN_MS] : []));
};

/**
 * Reports the finding, after what lies staged is gone (nothing that is not used stays behind), and whatever the manifest
 * or the time takes away.
 */
export const settleWith = (observed: Observed, context: PlanContext, finding: Finding): Decision => {
  const { staged } = observed;
  if (staged?.isOurs) return act({ type: "dropStaging", staged });
  const taken = takingAway(observed, context);
  return taken ?? { action: null, finding, requeueAfterMs: lookAgainMs(observed, context) };
};
