import { FINALIZER } from "../names.ts";
import { targetNameOf } from "../observed.ts";
import { act, type Check } from "./decision.ts";
import { stalled } from "./finding.ts";
import { settleWith } from "./settle.ts";

/** Before anything is minted: a Secret that is not ours is never written. */
export const foreignTarget: Check = (observed, context) => {
  const { target } = observed;
  if (target === null || target.isOurs) return null;
  const message = `Secret "${targetNameOf(observed)}" exists and does not belong to this ApiKey. Delete it, or use another spec.secret.name.`;
  return settleWith(observed, context, stalled("SecretConflict", message));
};

/** No grant, no minting. What was delivered before stays as it is. */
export const notGranted: Check = (observed, context) => {
  if (observed.grant.granted) return null;
  return settleWith(observed, context, stalled("NotGranted", observed.grant.message));
};

/** Before the first thing that deletion would have to undo. */
export const finalizerMissing: Check = ({ apiKey }) =>
  apiKey.metadata.finalizers?.includes(FINALIZER) ? null : act({ type: "addFinalizer" });
