import { isForbidden, type KubeError } from "@itsy/controller-runtime";

import { redact } from "../redact.ts";
import { grantCommand } from "../rights/grant-command.ts";

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
