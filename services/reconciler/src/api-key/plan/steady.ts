import { targetNameOf } from "../observed.ts";
import type { Check, Decision } from "./decision.ts";
import { settled } from "./finding.ts";
import { settleWith } from "./settle.ts";

/** Paused as the manifest says: not stalled, and not ready, since the value in the Secret is refused. */
export const pausedBySpec: Check = (observed, context) => {
  if (!observed.spec.paused && observed.view.key?.status !== "paused") return null;
  return settleWith(observed, context, settled("Paused", false, "The key is paused by spec.paused."));
};

/** Everything is as it should be. */
export const delivered = (...[observed, context]: Parameters<Check>): Decision => {
  const revision = observed.view.key?.revision ?? 0;
  const message = `Revision ${revision} is in Secret "${targetNameOf(observed)}".`;
  return settleWith(observed, context, settled("Delivered", true, message));
};
