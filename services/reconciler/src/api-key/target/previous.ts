import type { Observed, TargetSecret } from "../observed.ts";
import { overlapMs } from "../rotation/expiry.ts";
import { isUnused } from "../rotation/unused.ts";
import type { SecretValue } from "../secret-value.ts";

/** A kubelet needs 60 to 90 s: the file is gone when the value ends. */
const GONE_BEFORE_MS = 120_000;

/**
 * Until when the value before may lie in the Secret, on the service's clock: a little less than it works, so that
 * whatever can be read works. `null` when none works any more.
 */
export const previousUntilMs = ({ view: { key } }: Pick<Observed, "view">): number | null => {
  if (key === null || key.retiringUntil === null) return null;
  const endMs = Date.parse(key.retiringUntil);
  const overlapMsOfIt = endMs - Date.parse(key.rotatedAt ?? key.retiringUntil);
  return endMs - Math.min(GONE_BEFORE_MS, overlapMsOfIt / 10);
};

/** The value before, as long as it is to stay in the Secret that has the current one. */
export const keptPrevious = (observed: Pick<Observed, "spec" | "view">, target: TargetSecret): SecretValue | null => {
  const untilMs = previousUntilMs(observed);
  const isKept =
    observed.spec.secret.includePrevious === true &&
    // Out of the Secret before it ends.
    !isUnused(observed) &&
    target.previousVersion?.state === "retiring" &&
    untilMs !== null &&
    Date.parse(observed.view.at) < untilMs;
  return isKept ? target.previous : null;
};

/** The value that becomes the one before, when the next is published over it. */
export const nextPrevious = (observed: Pick<Observed, "spec" | "view" | "target">): SecretValue | null => {
  const { spec, target } = observed;
  const isWanted = spec.secret.includePrevious === true && overlapMs(observed) > 0;
  return isWanted && target?.isOurs && target.version?.state === "current" ? target.value : null;
};
