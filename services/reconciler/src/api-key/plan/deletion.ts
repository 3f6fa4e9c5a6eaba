import { isAbandoned } from "../abandoned.ts";
import { hasFinalizer, isDeleted, type Observed, type TargetSecret } from "../observed.ts";
import { namesToForget } from "../target/names.ts";
import { act, type Check } from "./decision.ts";
import { settled } from "./finding.ts";

const RELEASED =
  "This ApiKey is being deleted: its Secret is gone, and its key is its own no more. Somebody else's finalizer still holds it.";

/** Somebody deleted the object and we hold it back no longer. Where others do, nobody should take it for a working one. */
export const gone: Check = (observed) => {
  const { finalizers = [] } = observed.apiKey.metadata;
  if (!isDeleted(observed) || hasFinalizer(observed)) return null;
  const finding = finalizers.length === 0 ? null : settled("Released", false, RELEASED);
  return { action: null, finding, requeueAfterMs: null };
};

/** Also a Secret whose owner reference was stripped, as long as a value of this key lies in it. */
const isHeld = (secret: TargetSecret | null, observed: Observed): secret is TargetSecret =>
  secret !== null && (secret.isOurs || (isAbandoned(secret, observed) && secret.version !== null));

/** The Secret goes before the key ends, so that nobody reads a value that does not work. */
export const dropTargetOfDeleted: Check = (observed) => {
  if (!isDeleted(observed)) return null;
  const { target, formers } = observed;
  const held = [target, ...formers].find((secret) => isHeld(secret, observed));
  return held ? act({ type: "dropTarget", name: held.name, uid: held.uid }) : null;
};

/** More names than one look reads: the Secrets under the others go before the key, too. */
export const readOtherNamesOfDeleted: Check = (observed) => {
  if (!isDeleted(observed)) return null;
  const names = namesToForget(observed);
  return names === null ? null : act({ type: "recordNames", names });
};

/** Also where nothing was ever registered: the mark stops a reconciler that is behind. */
export const releaseDeleted: Check = (observed) =>
  isDeleted(observed) && !observed.view.released ? act({ type: "release" }) : null;

export const dropStagingOfDeleted: Check = (observed) => {
  const { staged } = observed;
  return isDeleted(observed) && staged?.isOurs ? act({ type: "dropStaging", staged }) : null;
};

/** Last. */
export const finishDeletion: Check = (observed) => (isDeleted(observed) ? act({ type: "removeFinalizer" }) : null);
