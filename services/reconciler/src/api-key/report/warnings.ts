import { parseDuration } from "../../duration.ts";
import type { Observed } from "../observed.ts";
import type { ApiKeySpec } from "../schema/spec.ts";
import type { Warning } from "../warning.ts";

const OVERLAP_MIN_MS = 300_000;

/** The soonest that the version before may end. */
const soonestEndMs = ({ overlap, retireWhenUnused }: ApiKeySpec["rotation"]): number => {
  if (retireWhenUnused === undefined) return parseDuration(overlap);
  const { idleFor, atMost } = retireWhenUnused;
  return Math.max(parseDuration(overlap), Math.min(parseDuration(idleFor), parseDuration(atMost)));
};

const shortOverlap = ({ spec: { rotation } }: Pick<Observed, "spec">): Warning[] => {
  if (soonestEndMs(rotation) >= OVERLAP_MIN_MS) return [];
  const { overlap, retireWhenUnused } = rotation;
  const what =
    retireWhenUnused === undefined
      ? `spec.rotation.overlap (${overlap}) is`
      : `spec.rotation.overlap (${overlap}) and retireWhenUnused.idleFor (${retireWhenUnused.idleFor}) are`;
  const message = `${what} shorter than 5m: a kubelet needs 60 to 90 s to bring a changed Secret into a mounted file, and an environment variable never changes. Until then pods present the secret before, which ends sooner.`;
  return [{ reason: "ShortOverlap", message }];
};

export const warningsOf = (observed: Observed): readonly Warning[] => [
  ...(observed.propagation?.warnings ?? []),
  ...(observed.restart?.warnings ?? []),
  ...shortOverlap(observed),
];
