import type { Observed } from "../observed.ts";
import { overlapMaxMs } from "../rotation/expiry.ts";
import type { Warning } from "./warning.ts";

const OVERLAP_MIN_MS = 300_000;

const shortOverlap = ({ spec: { rotation } }: Observed): Warning[] => {
  if (overlapMaxMs({ rotation }) >= OVERLAP_MIN_MS) return [];
  const message = `spec.rotation.overlap (${rotation.overlap}) is shorter than 5m: a kubelet needs 60 to 90 s to bring a changed Secret into a mounted file, and an environment variable never changes. Until then pods present the secret before, which ends sooner.`;
  return [{ reason: "ShortOverlap", message }];
};

export const warningsOf = (observed: Observed): readonly Warning[] => [
  ...(observed.propagation?.warnings ?? []),
  ...(observed.restart?.warnings ?? []),
  ...shortOverlap(observed),
];
