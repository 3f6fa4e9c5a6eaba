import { isForbidden, type KubeError } from "@itsy/controller-runtime";

import { redact } from "../../redact.ts";
import { grantCommand } from "../../rights/grant-command.ts";
import type { Observed } from "../observed.ts";
import { overlapMaxMs } from "../rotation/expiry.ts";

/** What a person should know although the key is delivered: the `reason` of the condition Warning, and stable. */
export type WarningReason =
  | "ShortOverlap"
  | "RestartNotPermitted"
  | "RestartFailed"
  | "PropagationNotPermitted"
  | "PropagationFailed";

export interface Warning {
  readonly reason: WarningReason;
  /** For people. Never holds a secret or a digest. */
  readonly message: string;
}

/** A thing that could not be done for a delivered key: with the command, where only a right is missing. */
export const warningOfFailure = (
  error: KubeError,
  { refused, failed, what }: { readonly refused: WarningReason; readonly failed: WarningReason; readonly what: string },
): Warning => {
  const because = redact(error.message);
  const command = isForbidden(error) ? grantCommand(because) : null;
  const then = command === null ? "It is tried again." : `To grant it: ${command}`;
  return { reason: isForbidden(error) ? refused : failed, message: `${what}: ${because}. ${then}` };
};

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
