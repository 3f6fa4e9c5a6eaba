import type { ItsyClient } from "@itsy/client";
import type { EventNote, KubeClient, Timers } from "@itsy/controller-runtime";
import type { Environment } from "@itsy/key-format";

import type { Effects } from "../../effects.ts";
import type { Observed } from "../observed.ts";
import type { Action, ActionType } from "../plan/decision.ts";
import type { StoredApiKey } from "../resource.ts";

export interface ActDeps {
  readonly kube: KubeClient;
  readonly delivery: ItsyClient["delivery"];
  readonly effects: Effects;
  readonly timers: Timers;
  readonly generateSecret: (options: { readonly environment: Environment }) => string;
  readonly record: (apiKey: StoredApiKey, event: EventNote) => void;
  /** How long a registered version may stay undelivered. */
  readonly deliverWithinMs: number;
}

export type ActionOf<Type extends ActionType> = Extract<Action, { type: Type }>;

/** What was known no longer holds: look at everything again. */
export interface LookAgain {
  readonly lookAgain: true;
  /** A revision that turned out to be used up; 0 when none did. */
  readonly spentRevision: number;
}
export const lookAgain = (spentRevision = 0): LookAgain => ({ lookAgain: true, spentRevision });
export const isLookAgain = (outcome: Observed | LookAgain): outcome is LookAgain => "lookAgain" in outcome;

/** Carries out one action and says what is known afterwards. */
export type Act<Type extends ActionType> = (
  deps: ActDeps,
  step: { readonly observed: Observed; readonly action: ActionOf<Type>; readonly signal: AbortSignal },
) => Promise<Observed | LookAgain>;
