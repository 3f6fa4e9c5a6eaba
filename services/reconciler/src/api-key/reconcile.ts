import { type Clock, type Logger, nameOf, type ObjectName, type ReconcileOutcome } from "@itsy/controller-runtime";

import { act } from "./act/act.ts";
import { type ActDeps, isLookAgain } from "./act/context.ts";
import { dropStaging, dropTarget } from "./act/drop-secrets.ts";
import { type ObserveDeps, observe } from "./observe.ts";
import type { Observed } from "./observed.ts";
import { plan } from "./plan/plan.ts";
import { createReport } from "./report/report.ts";
import { ApiKeys, type StoredApiKey } from "./resource.ts";

export interface ReconcileDeps extends ActDeps, Pick<ObserveDeps, "grantFor" | "olderRivalOf" | "isTerminating"> {
  /** The ApiKey as far as it is known here; `null` when there is none. A later state may exist already. */
  readonly readApiKey: (name: ObjectName) => StoredApiKey | null | Promise<StoredApiKey | null>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** When to look again although nothing happened; asked once for each run, so it may vary. */
  readonly resyncMs: () => number;
}

export type ReconcileApiKey = (
  name: ObjectName,
  context: { readonly signal: AbortSignal },
) => Promise<ReconcileOutcome>;

/** More steps than any way through the plan takes, with several races lost on the way. */
const STEPS_MAX = 32;

/** What this run knows; a failure is reported on the latest state of the object. */
interface Run {
  apiKey: StoredApiKey;
  spentRevision: number;
  readonly signal: AbortSignal;
}

const isSame = (a: StoredApiKey, b: StoredApiKey | null): b is StoredApiKey => a.metadata.uid === b?.metadata.uid;

/** `observe → plan → act`, until the plan settles; then `report`. */
export const createReconcile = (deps: ReconcileDeps): ReconcileApiKey => {
  const { kube, timers, deliverWithinMs, resyncMs } = deps;
  const logger = deps.logger.child({ concept: "api-key" });
  const report = createReport(deps);
  /**
   * Whether the latest run came to its end. Only then a new ApiKey is begun without asking the service first: where
   * that does not answer, an ApiKey that was just applied must not get a finalizer, and can be deleted again.
   */
  let isAnswering = false;

  /** The object went while this run was at work: what it wrote meanwhile belongs to nobody. */
  const cleanUpAfter = async (observed: Observed, signal: AbortSignal): Promise<void> => {
    const { target, formers, staged } = observed;
    for (const one of [target, ...formers])
      if (one?.isOurs)
        await dropTarget(deps, { observed, action: { type: "dropTarget", name: one.name, uid: one.uid }, signal });
    if (staged?.isOurs) await dropStaging(deps, { observed, action: { type: "dropStaging", staged }, signal });
  };

  /** Everything anew, and from the API server: what this process remembers was just proven to be old. */
  const observeAnew = async (run: Run, before: Observed): Promise<Observed | null> => {
    const current = await kube.get(ApiKeys, nameOf(run.apiKey), { signal: run.signal });
    if (!isSame(run.apiKey, current)) {
      await cleanUpAfter(before, run.signal);
      return null;
    }
    run.apiKey = current;
    return observe(deps, current, { signal: run.signal, spentRevision: run.spentRevision });
  };

  const converge = async (run: Run): Promise<ReconcileOutcome> => {
    const { signal } = run;
    let observed = await observe(deps, run.apiKey, { signal, trustsNew: isAnswering });
    const context = { deliverWithinMs, resyncMs: resyncMs() };
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const decision = plan(observed, { ...context, monotonicMs: timers.monotonicMs() });
      if (decision.action === null) {
        if (decision.finding !== null) await report.finding(observed, decision.finding, signal);
        return decision.requeueAfterMs === null ? {} : { requeueAfterMs: decision.requeueAfterMs };
      }
      logger.debug({ object: nameOf(run.apiKey), action: decision.action.type }, "acting");
      const outcome = await act(deps, { observed, action: decision.action, signal });
      run.spentRevision = Math.max(run.spentRevision, outcome.spentRevision);
      const next = isLookAgain(outcome) ? await observeAnew(run, observed) : outcome;
      if (next === null) return {};
      observed = next;
      run.apiKey = observed.apiKey;
    }
    throw new Error(`no end after ${STEPS_MAX} steps`);
  };

  return async (name, { signal }) => {
    const apiKey = await deps.readApiKey(name);
    if (apiKey === null) return {};
    const run: Run = { apiKey, spentRevision: 0, signal };
    try {
      const outcome = await converge(run);
      isAnswering = true;
      return outcome;
    } catch (error) {
      isAnswering = false;
      await report.failure(run.apiKey, error, signal).catch((unreported: unknown) => {
        logger.debug({ object: name, err: unreported }, "the failure could not be reported");
      });
      throw error;
    }
  };
};
