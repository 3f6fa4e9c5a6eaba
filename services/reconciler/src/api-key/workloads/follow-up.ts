import type { FollowUp, Observed } from "../observed.ts";

export type FollowUpField = "restartedRevision" | "propagatedRevision";

const currentRevision = ({ view }: Pick<Observed, "view">): number => view.key?.revision ?? 0;

/**
 * The last revision that workloads were told of. The status remembers it, so that neither a restart of the reconciler
 * nor a person who takes our annotation away leads to a second rollout. Without a memory nothing is caught up with:
 * whoever declares it later asks for revisions from then on.
 */
const followedRevision = ({ apiKey }: Pick<Observed, "apiKey">, field: FollowUpField): number =>
  apiKey.status?.[field] ?? apiKey.status?.revision ?? 0;

/** Pods wait for a first secret: none of them can hold an earlier one. */
export const isFirstRevision = (observed: Pick<Observed, "view">): boolean => currentRevision(observed) === 1;

const isDeclared = ({ spec }: Pick<Observed, "spec">, field: FollowUpField): boolean =>
  field === "restartedRevision" ? (spec.restartTargets ?? []).length > 0 : spec.propagate === "Prompt";

const inThisRun = (observed: Observed, field: FollowUpField): FollowUp | null => {
  const done = field === "restartedRevision" ? observed.restart : observed.propagation;
  return done?.revision === currentRevision(observed) ? done : null;
};

/** Workloads have to be told of the current revision, and nobody tried in this run. */
export const isFollowUpDue = (observed: Observed, field: FollowUpField): boolean =>
  isDeclared(observed, field) &&
  currentRevision(observed) > followedRevision(observed, field) &&
  inThisRun(observed, field) === null;

/** What the status has to remember; `undefined` where nothing was declared. */
export const followedAfter = (observed: Observed, field: FollowUpField): number | undefined => {
  const current = currentRevision(observed);
  if (!isDeclared(observed, field) || current === 0) return undefined;
  const followed = followedRevision(observed, field);
  const isDone = followed >= current || inThisRun(observed, field)?.isDone === true;
  return isDone ? current : followed;
};

/** Something is left to be tried again. */
export const isFollowUpOpen = (observed: Observed): boolean =>
  [observed.restart, observed.propagation].some((followUp) => followUp !== null && !followUp.isDone);
