import type { Observed, StagedSecret } from "../src/api-key/observed.ts";
import type { Decision, PlanContext } from "../src/api-key/plan/decision.ts";
import { plan } from "../src/api-key/plan/plan.ts";
import { keyId } from "./an-observed.ts";

export const context: PlanContext = { monotonicMs: 1_000_000, deliverWithinMs: 3_600_000, resyncMs: 60_000 };
export const planned = (observed: Observed, change: Partial<PlanContext> = {}) =>
  plan(observed, { ...context, ...change });

export const actionOf = (decision: Decision) => decision.action;
export const findingOf = (decision: Decision) => (decision.action === null ? decision.finding : null);

export const registrationOf = ({ revision, value }: StagedSecret, sentAtMs = context.monotonicMs) => ({
  revision,
  sha256: () => value?.sha256() ?? "",
  keyId,
  sentAtMs,
});
