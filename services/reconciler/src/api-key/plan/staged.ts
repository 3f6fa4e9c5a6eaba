import type { Observed, StagedSecret, TargetSecret } from "../observed.ts";

/** Publishing it neither lowers the target's revision nor puts another value under the same one. */
const fitsOver = (staged: StagedSecret, target: TargetSecret | null): boolean =>
  target === null ||
  staged.revision > target.revision ||
  (target.value === null && staged.revision === target.revision);

const isAlive = ({ version, revision }: StagedSecret, { view: { key } }: Observed): boolean => {
  const latest = key?.latestRevision ?? 0;
  if (key?.status === "revoked") return version === null && revision > latest;
  switch (version?.state) {
    // Unknown to the service: a later revision than any, or another candidate of the latest, if that is still open.
    case undefined:
      return revision >= latest && revision > (key?.revision ?? 0);
    case "pending":
      return revision > (key?.revision ?? 0);
    // What a crash left before the target was there, or the target was deleted since.
    case "current":
      return true;
    case "retiring":
    case "ended":
      return false;
  }
};

/** Whether a staged value can still become the one in the target. */
export const isUsable = (staged: StagedSecret, observed: Observed): boolean =>
  staged.isOurs &&
  staged.value?.environment === observed.spec.environment &&
  fitsOver(staged, observed.target) &&
  isAlive(staged, observed);

/** The staged value to go on with: the latest that is usable. */
export const usableStaged = (observed: Observed): StagedSecret | null =>
  observed.staged.findLast((staged) => isUsable(staged, observed)) ?? null;

/** One more than any revision that anybody knows of. */
export const nextRevision = ({ apiKey, target, view }: Observed): number =>
  Math.max(view.key?.latestRevision ?? 0, target?.revision ?? 0, apiKey.status?.revision ?? 0) + 1;
