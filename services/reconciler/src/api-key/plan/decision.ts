import type { DeliverySettings } from "@itsy/contract";

import type { Observed, StagedSecret, TargetSecret } from "../observed.ts";
import type { Finding } from "./finding.ts";

/** Why a new secret version is made. */
export type MintCause = "Created" | "Rotated" | "Replaced" | "SecretLost" | "SecretTampered" | "DeliveryExpired";

/** One side effect. Each is idempotent and carries what it needs beside the `Observed`. */
export type Action =
  | { readonly type: "addFinalizer" }
  | { readonly type: "stage"; readonly revision: number; readonly cause: MintCause }
  | { readonly type: "register"; readonly staged: StagedSecret; readonly replaceRevoked: boolean }
  | {
      readonly type: "publish";
      readonly staged: StagedSecret;
      readonly keyId: string;
      /** The rotate request that the published value answers; `null` removes nothing. */
      readonly rotateHandled: string | null;
      /** When the registration was sent, on the monotonic clock; `null` for a value that is current already. */
      readonly registeredAtMs: number | null;
    }
  | { readonly type: "confirm"; readonly revision: number; readonly sha256: () => string; readonly isFirst: boolean }
  | { readonly type: "dropStaging"; readonly staged: StagedSecret }
  | { readonly type: "dropTarget"; readonly name: string; readonly uid: string }
  /** Puts the current value, which lies in a Secret of a former name, into the declared one. */
  | { readonly type: "move"; readonly from: TargetSecret }
  | { readonly type: "recordNames"; readonly names: readonly string[] }
  | { readonly type: "rewrite" }
  /** Takes the value before out of the target, and changes nothing else. */
  | { readonly type: "dropPrevious" }
  | { readonly type: "configure" }
  | { readonly type: "restrict"; readonly settings: DeliverySettings }
  | { readonly type: "retire"; readonly revision: number; readonly idleForMs: number }
  | { readonly type: "propagate" }
  | { readonly type: "restart" }
  | { readonly type: "adopt"; readonly sha256: () => string }
  | { readonly type: "takeOver" }
  | { readonly type: "release" }
  | { readonly type: "removeFinalizer" };
export type ActionType = Action["type"];

/** Do one thing and look again, or settle with a finding (`null`: there is nothing to report on any more). */
export type Decision =
  | { readonly action: Action }
  | { readonly action: null; readonly finding: Finding | null; readonly requeueAfterMs: number | null };

/** No wall clock: what time it is, the service says (`view.at`), so that a clock of ours that jumps changes nothing. */
export interface PlanContext {
  /** Only differences mean something. */
  readonly monotonicMs: number;
  /** How long a registered version may stay undelivered. */
  readonly deliverWithinMs: number;
  /** When to look again although nothing happened. */
  readonly resyncMs: number;
}

/** A rule of the plan: what to do when it applies, `null` when it does not. */
export type Check = (observed: Observed, context: PlanContext) => Decision | null;

export const act = (action: Action): Decision => ({ action });
