import type { Observed } from "../observed.ts";
import { adoptAbandoned } from "./adoption.ts";
import type { Check, Decision, PlanContext } from "./decision.ts";
import {
  dropStagingOfDeleted,
  dropTargetOfDeleted,
  finishDeletion,
  gone,
  readOtherNamesOfDeleted,
  releaseDeleted,
} from "./deletion.ts";
import { confirmPublished, deliverStaged, stageNext, uselessStaging } from "./delivery.ts";
import { propagationDue, restartDue } from "./follow-up.ts";
import { namespaceTerminating } from "./namespace.ts";
import { finalizerMissing, foreignTarget, notGranted, sharedTarget } from "./permission.ts";
import { unusedVersion } from "./retire.ts";
import {
  deletedOutOfBand,
  expired,
  pausedOutOfBand,
  released,
  revokedOutOfBand,
  settingsDrift,
} from "./service-state.ts";
import { delivered, pausedBySpec } from "./steady.ts";
import { contentDrift, namesUnread, nameUnrecorded, outdatedFormer, renamedTarget } from "./target.ts";

/** In this order; the first that applies decides. */
const checks: readonly Check[] = [
  gone,
  dropTargetOfDeleted,
  readOtherNamesOfDeleted,
  releaseDeleted,
  dropStagingOfDeleted,
  finishDeletion,
  confirmPublished,
  foreignTarget,
  sharedTarget,
  notGranted,
  deletedOutOfBand,
  released,
  revokedOutOfBand,
  namespaceTerminating,
  finalizerMissing,
  nameUnrecorded,
  adoptAbandoned,
  settingsDrift,
  expired,
  pausedOutOfBand,
  renamedTarget,
  uselessStaging,
  deliverStaged,
  stageNext,
  contentDrift,
  unusedVersion,
  outdatedFormer,
  namesUnread,
  propagationDue,
  restartDue,
  pausedBySpec,
];

/** What to do next. Pure: everything it decides on is in its arguments. */
export const plan = (observed: Observed, context: PlanContext): Decision => {
  for (const check of checks) {
    const decision = check(observed, context);
    if (decision !== null) return decision;
  }
  return delivered(observed, context);
};
