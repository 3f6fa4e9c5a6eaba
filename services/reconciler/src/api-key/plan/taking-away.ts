import type { Observed } from "../observed.ts";
import { restrictedSettings, settingsOf } from "../settings.ts";
import { keptPrevious } from "../target/previous.ts";
import { act, type Check } from "./decision.ts";
import { outdatedFormer } from "./target.ts";

/** The value before ends, or has ended: it does not stay readable, whatever else stands still. */
const endedPrevious: Check = (observed) => {
  const { target } = observed;
  if (target === null || !target.isOurs || target.previous === null) return null;
  return keptPrevious(observed, target) === null ? act({ type: "dropPrevious" }) : null;
};

const restriction: Check = (observed: Observed) => {
  const { key, released } = observed.view;
  if (key === null || key.status === "revoked" || released) return null;
  const { settings: actual, pausedByPerson } = key;
  const settings = restrictedSettings({ wanted: settingsOf(observed), actual, pausedByPerson });
  return settings === null ? null : act({ type: "restrict", settings });
};

const checks: readonly Check[] = [endedPrevious, outdatedFormer, restriction];

/**
 * What takes something away needs no permission: it is done before anything that stops (no grant, a conflict, a pause) is
 * reported. Nothing of it gives anybody more. Where nothing stops, the manifest as a whole has been followed by then.
 */
export const takingAway: Check = (observed, context) => {
  for (const check of checks) {
    const decision = check(observed, context);
    if (decision !== null) return decision;
  }
  return null;
};
