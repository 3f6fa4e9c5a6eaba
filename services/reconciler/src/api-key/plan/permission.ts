import { holderOf, isAbandoned } from "../abandoned.ts";
import { hasFinalizer, targetNameOf } from "../observed.ts";
import { isAdoptable } from "./adoption.ts";
import { act, type Check } from "./decision.ts";
import { stalled } from "./finding.ts";
import { settleWith } from "./settle.ts";

/** Before anything is minted: a Secret that is not ours is never written. */
export const foreignTarget: Check = (observed, context) => {
  const { target } = observed;
  if (target === null || target.isOurs || isAdoptable(observed)) return null;
  const name = `Secret "${targetNameOf(observed)}"`;
  const holder = holderOf(target);
  const whose = holder === null ? "exists and does not belong to this ApiKey" : `belongs to ${holder}`;
  const message = isAbandoned(target, observed)
    ? `${name} was left behind by an ApiKey that is gone, and its value is of no key that this one may take over. Delete the Secret: a new key is made then.`
    : `${name} ${whose}. Delete it, or use another spec.secret.name.`;
  return settleWith(observed, context, stalled("SecretConflict", message));
};

/** Of several ApiKeys that want one Secret, the first by creation has it. */
export const sharedTarget: Check = (observed, context) => {
  if (observed.olderRival === null || observed.target?.isOurs) return null;
  const message = `ApiKey "${observed.olderRival}" is older and wants Secret "${targetNameOf(observed)}" too. Use another spec.secret.name, or delete one of the two.`;
  return settleWith(observed, context, stalled("SecretConflict", message));
};

/** No grant, no minting. What was delivered before stays as it is. */
export const notGranted: Check = (observed, context) => {
  if (observed.grant.granted) return null;
  return settleWith(observed, context, stalled("NotGranted", observed.grant.message));
};

/** Before the first thing that deletion would have to undo. */
export const finalizerMissing: Check = (observed) => (hasFinalizer(observed) ? null : act({ type: "addFinalizer" }));
