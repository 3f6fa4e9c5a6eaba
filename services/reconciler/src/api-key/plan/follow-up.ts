import { isFollowUpDue } from "../workloads/follow-up.ts";
import { act, type Check } from "./decision.ts";

/** Files first: a workload that is restarted afterwards has nothing to wait for. */
export const propagationDue: Check = (observed) =>
  isFollowUpDue(observed, "propagatedRevision") ? act({ type: "propagate" }) : null;

/** Once the new value is confirmed: pods that start now read it. */
export const restartDue: Check = (observed) =>
  isFollowUpDue(observed, "restartedRevision") ? act({ type: "restart" }) : null;
