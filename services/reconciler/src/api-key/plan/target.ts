import { parseDuration } from "../../duration.ts";
import type { Observed, TargetSecret } from "../observed.ts";
import { handledRequest } from "../rotate-request.ts";
import { type ContentChange, contentChange, contentOf } from "../target/content.ts";
import { movableFormer, namesToForget, namesToRecord } from "../target/names.ts";
import { keptPrevious } from "../target/previous.ts";
import { act, type Check } from "./decision.ts";

/** A name of the Secret is on record before anything is written under it. */
export const nameUnrecorded: Check = (observed) => {
  const names = namesToRecord(observed);
  return names === null ? null : act({ type: "recordNames", names });
};

/** `spec.secret.name` changed: the value goes there as it is, and stays where it was for the time of an overlap. */
export const renamedTarget: Check = (observed) => {
  const from = movableFormer(observed);
  return from === null ? null : act({ type: "move", from });
};

/** Until when a Secret of a former name stays, from when the API server made the new one; no end while that is not there. */
export const formerUntilMs = ({ spec, target }: Pick<Observed, "spec" | "target">): number | null =>
  target?.version?.state === "current" ? Date.parse(target.createdAt) + parseDuration(spec.rotation.overlap) : null;

/**
 * A former Secret goes as soon as something in it is not the current value any more, or when its time is over: by the
 * service's clock, as everything that a workload may still hold.
 */
export const outdatedFormer: Check = (observed) => {
  const untilMs = formerUntilMs(observed);
  if (untilMs === null) return null;
  const isOutdated = ({ version, previous }: TargetSecret): boolean =>
    version?.state !== "current" || previous !== null || Date.parse(observed.view.at) >= untilMs;
  const former = observed.formers.find((one) => one.isOurs && isOutdated(one));
  return former === undefined ? null : act({ type: "dropTarget", name: former.name, uid: former.uid });
};

/** There are more former names than one look reads, and nothing of ours lies under those that it read. */
export const namesUnread: Check = (observed) => {
  const names = namesToForget(observed);
  return names === null ? null : act({ type: "recordNames", names });
};

/** What has to change in the Secret that has the current value, without another value. */
export const wantedChange = (observed: Observed): ContentChange | null => {
  const { target, view } = observed;
  if (target === null || !target.isOurs || target.value === null || view.key === null) return null;
  if (target.version?.state !== "current") return null;
  const published = {
    value: target.value,
    previous: keptPrevious(observed, target),
    revision: target.version.revision,
    keyId: view.key.keyId,
    rotateHandled: handledRequest(observed, target),
  };
  return contentChange(target, contentOf(observed, published));
};

/** Labels, annotations, templates or the key are not as declared, or the value before has to go: no new revision. */
export const contentDrift: Check = (observed) =>
  !observed.isRewritten && wantedChange(observed) !== null ? act({ type: "rewrite" }) : null;
