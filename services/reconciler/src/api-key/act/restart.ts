import { isConflict, isNotFound, KubeError, type ObjectName } from "@itsy/controller-runtime";

import { FIELD_MANAGER } from "../names.ts";
import { namespaceOf, type Observed, targetNameOf } from "../observed.ts";
import type { RestartTarget } from "../schema/workloads.ts";
import { type Warning, warningOfFailure } from "../warning.ts";
import { isFirstRevision } from "../workloads/follow-up.ts";
import { markName, markValue } from "../workloads/mark.ts";
import { workloads } from "../workloads/resources.ts";
import type { Act, ActDeps } from "./context.ts";

const CONFLICTS_MAX = 5;

type Outcome = "restarted" | "unneeded" | "missing";

interface Restarting {
  readonly observed: Observed;
  readonly target: RestartTarget;
  readonly signal: AbortSignal;
}

/**
 * Marks the pod template, which makes its controller roll it out. A template that has the mark already is left alone,
 * so a crash between this and the status causes no second rollout. The pods of a first secret wait for it: only a mark
 * of an earlier key of the same name says that they may hold another value.
 */
const restartOne = async (deps: ActDeps, restarting: Restarting, conflictsMax = CONFLICTS_MAX): Promise<Outcome> => {
  const { kube, effects } = deps;
  const { observed, target, signal } = restarting;
  const type = workloads[target.kind];
  const name: ObjectName = { namespace: namespaceOf(observed), name: target.name };
  const [mark, wanted] = [markName("restart", observed), markValue(observed)];
  const workload = await kube.get(type, name, { signal });
  if (workload === null) return "missing";
  const marked = workload.spec?.template?.metadata?.annotations?.[mark];
  const isFirst = isFirstRevision(observed);
  if (marked === wanted || (isFirst && marked === undefined)) return "unneeded";
  const { resourceVersion } = workload.metadata;
  const patch = {
    metadata: { name: target.name, resourceVersion },
    spec: { template: { metadata: { annotations: { [mark]: wanted } } } },
  };
  try {
    await effects.run("restart", () => kube.mergePatch(type, name, patch, { fieldManager: FIELD_MANAGER, signal }));
    return "restarted";
  } catch (error) {
    if (isNotFound(error)) return "missing";
    if (isConflict(error) && conflictsMax > 0) return restartOne(deps, restarting, conflictsMax - 1);
    throw error;
  }
};

/** Makes the declared workloads start anew with the current value. A failure is said and tried again; it is not fatal. */
export const restart: Act<"restart"> = async (deps, { observed, signal }) => {
  const revision = observed.view.key?.revision ?? 0;
  const isFirst = isFirstRevision(observed);
  const warnings: Warning[] = [];
  let isDone = true;
  for (const target of observed.spec.restartTargets ?? []) {
    const what = `${target.kind} "${target.name}"`;
    try {
      const outcome = await restartOne(deps, { observed, target, signal });
      if (outcome === "missing" && !isFirst) {
        const note = `${what} of spec.restartTargets does not exist; there is nothing to restart.`;
        deps.record(observed.apiKey, { type: "Warning", reason: "RestartTargetMissing", action: "Restart", note });
      }
      if (outcome === "restarted") {
        const note = `${what} starts anew with revision ${revision} of Secret "${targetNameOf(observed)}".`;
        deps.record(observed.apiKey, { type: "Normal", reason: "Restarted", action: "Restart", note });
      }
    } catch (error) {
      if (!(error instanceof KubeError) || signal.aborted) throw error;
      isDone = false;
      const kinds = { refused: "RestartNotPermitted", failed: "RestartFailed" } as const;
      warnings.push(warningOfFailure(error, { ...kinds, what: `${what} could not be restarted` }));
    }
  }
  return { ...observed, restart: { revision, isDone, warnings } };
};
