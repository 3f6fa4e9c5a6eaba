import { assertNever } from "../../assert-never.ts";
import type { Observed, StagedSecret, TargetSecret } from "../observed.ts";
import { mintCause } from "./mint-cause.ts";

/** Publishing it neither lowers the target's revision nor puts another value under the same one. */
const fitsOver = (staged: StagedSecret, target: TargetSecret | null): boolean =>
  target === null ||
  staged.revision > target.revision ||
  (target.value === null && staged.revision === target.revision);

const isAlive = ({ version, revision }: StagedSecret, { view: { key } }: Observed): boolean => {
  const latest = key?.latestRevision ?? 0;
  if (key?.status === "revoked") return version === null && revision > latest;
  const state = version?.state;
  switch (state) {
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
    default:
      return assertNever(state);
  }
};

/** Whether a staged value can still become the one in the target. */
const isUsable = (staged: StagedSecret, observed: Observed): boolean =>
  staged.isOurs &&
  staged.value?.environment === observed.spec.environment &&
  fitsOver(staged, observed.target) &&
  isAlive(staged, observed);

/** The staged value to take to the target: because it needs one, or because the service counts on it already. */
export const wantedStaged = (observed: Observed): StagedSecret | null => {
  const { staged } = observed;
  if (staged === null || !isUsable(staged, observed)) return null;
  // A registered value would stay valid, in nobody's hands, until its deadline: carried to its end it ends the others.
  return mintCause(observed) !== null || staged.version?.state === "pending" ? staged : null;
};

/**
 * The revision of the next value: one more than any that somebody knows of. The latest one again while nobody has
 * confirmed it and its value is nowhere to be found: then this is a second candidate, and confirming either ends the
 * other.
 */
export const nextRevision = ({ apiKey, target, view: { key }, spentRevision }: Observed): number => {
  const latest = key?.latestRevision ?? 0;
  const inCluster = Math.max(target?.revision ?? 0, apiKey.status?.revision ?? 0);
  const isOpen = key !== null && key.status !== "revoked" && latest > key.revision;
  const isSpent = latest <= Math.max(spentRevision, inCluster);
  return isOpen && !isSpent ? latest : Math.max(latest, inCluster, spentRevision) + 1;
};
