import { isAbandoned } from "../abandoned.ts";
import type { Observed, TargetSecret } from "../observed.ts";
import { act, type Check } from "./decision.ts";

/** The value is a version of the key that this ApiKey has: only the Secret's owner reference is missing. */
const isOwnValue = ({ version }: TargetSecret): boolean => version !== null;

/** A Secret of an ApiKey that is gone, in which a key of this one lies, or one that may become it. */
export const isAdoptable = (observed: Observed): boolean => {
  const { target, view, isAdoptionRefused } = observed;
  if (target === null || !isAbandoned(target, observed)) return false;
  if (view.key !== null) return isOwnValue(target);
  return !view.released && !isAdoptionRefused && Boolean(target.value?.displayPrefix);
};

/**
 * Restored from a backup, or made again, under a new uid: the key goes on. The service first, since only it knows
 * whether the value is of a key that this ApiKey may have; the Secret second, so that a crash in between is made good.
 */
export const adoptAbandoned: Check = (observed) => {
  const { target, view } = observed;
  if (target === null || target.value === null || !isAdoptable(observed)) return null;
  return view.key === null ? act({ type: "adopt", sha256: target.value.sha256 }) : act({ type: "takeOver" });
};
