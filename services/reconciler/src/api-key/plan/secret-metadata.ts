import type { Observed, TargetSecret } from "../observed.ts";
import { targetMetadata } from "../target-metadata.ts";
import { act, type Check } from "./decision.ts";

const isWithout = (has: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).some(([key, value]) => has[key] !== value);

/** What the Secret should say of the current value that it holds; `null` when it holds another. */
export const wantedMetadata = ({ apiKey, spec, view: { key } }: Observed, target: TargetSecret) => {
  if (key === null || !target.isOurs || target.version?.state !== "current") return null;
  const rotateHandled = target.rotateHandled ?? apiKey.status?.lastHandledRotateRequest ?? null;
  const displayPrefix = target.value?.displayPrefix ?? "";
  return targetMetadata(spec, { revision: target.version.revision, keyId: key.keyId, displayPrefix, rotateHandled });
};

/** Labels or annotations were taken from the Secret, or the manifest asks for others. The value stays as it is. */
export const metadataDrift: Check = (observed) => {
  const { target } = observed;
  const wanted = target === null ? null : wantedMetadata(observed, target);
  if (target === null || wanted === null) return null;
  const isDrifted = isWithout(target.labels, wanted.labels) || isWithout(target.annotations, wanted.annotations);
  return isDrifted ? act({ type: "restoreMetadata" }) : null;
};
