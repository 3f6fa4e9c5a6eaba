import { isNotFound, KubeError, type ListPage, type Stored, sleep } from "@itsy/controller-runtime";

import { FIELD_MANAGER } from "../names.ts";
import { namespaceOf, type Observed, targetNameOf } from "../observed.ts";
import { warningOfFailure } from "../warning.ts";
import { isFirstRevision } from "../workloads/follow-up.ts";
import { markName, markValue } from "../workloads/mark.ts";
import { mounts, type Pod, Pods } from "../workloads/resources.ts";
import type { Act, ActDeps } from "./context.ts";

/**
 * How long after the Secret the pods are touched: a kubelet that looks at its pod before its own watch has seen the new
 * Secret mounts the old one again, and then waits its full period. Measured: 0.3 s suffices.
 */
const AFTER_SECRET_MS = 300;
const PAGE_SIZE = 500;
const AT_ONCE = 16;

const podsToTouch = async (
  { kube }: Pick<ActDeps, "kube">,
  observed: Observed,
  signal: AbortSignal,
): Promise<readonly Stored<Pod>[]> => {
  const found: Stored<Pod>[] = [];
  const [mark, wanted] = [markName("propagate", observed), markValue(observed)];
  const options = { namespace: namespaceOf(observed), limit: PAGE_SIZE, signal };
  let next: string | null = null;
  do {
    const from: { continue?: string } = next === null ? {} : { continue: next };
    const page: ListPage<Pod> = await kube.listPage(Pods, { ...options, ...from });
    const mounting = page.items.filter((pod) => mounts(pod, targetNameOf(observed)));
    found.push(...mounting.filter(({ metadata }) => metadata.annotations?.[mark] !== wanted));
    next = page.continue;
  } while (next !== null);
  return found;
};

const touch = async (
  { kube, effects }: Pick<ActDeps, "kube" | "effects">,
  { observed, pod, signal }: { readonly observed: Observed; readonly pod: Stored<Pod>; readonly signal: AbortSignal },
): Promise<void> => {
  const { name, uid } = pod.metadata;
  const annotations = { [markName("propagate", observed)]: markValue(observed) };
  const patch = { metadata: { name, uid, annotations } };
  try {
    await effects.run("propagate", () =>
      kube.mergePatch(Pods, { namespace: namespaceOf(observed), name }, patch, { fieldManager: FIELD_MANAGER, signal }),
    );
  } catch (error) {
    // It has ended, or another one has its name: that one began with the new value.
    if (!isNotFound(error) && !(error instanceof KubeError && error.status === 409)) throw error;
  }
};

/** Makes the kubelets of pods that mount the Secret look at it now. Pods are listed at this moment, and not watched. */
export const propagate: Act<"propagate"> = async (deps, { observed, signal }) => {
  const revision = observed.view.key?.revision ?? 0;
  const done = { ...observed, propagation: { revision, isDone: true, warnings: [] } };
  if (isFirstRevision(observed)) return done;
  const sincePublishedMs = deps.timers.monotonicMs() - (observed.publishedAtMs ?? deps.timers.monotonicMs());
  await sleep(deps.timers, Math.max(0, AFTER_SECRET_MS - sincePublishedMs), signal);
  try {
    const pods = await podsToTouch(deps, observed, signal);
    for (let at = 0; at < pods.length; at += AT_ONCE)
      await Promise.all(pods.slice(at, at + AT_ONCE).map((pod) => touch(deps, { observed, pod, signal })));
    return done;
  } catch (error) {
    if (!(error instanceof KubeError) || signal.aborted) throw error;
    const what = `The pods that mount Secret "${targetNameOf(observed)}" could not be touched`;
    const kinds = { refused: "PropagationNotPermitted", failed: "PropagationFailed" } as const;
    return {
      ...observed,
      propagation: { revision, isDone: false, warnings: [warningOfFailure(error, { ...kinds, what })] },
    };
  }
};
