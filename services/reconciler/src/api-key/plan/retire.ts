import { parseDuration } from "../../duration.ts";
import { isUnused } from "../rotation/unused.ts";
import { act, type Check } from "./decision.ts";

/** Nobody uses the version before any more. The service looks again, and ends it. */
export const unusedVersion: Check = (observed) => {
  const { spec, view } = observed;
  const { retireWhenUnused } = spec.rotation;
  const retiring = view.key?.retiring;
  if (!retiring || retireWhenUnused === undefined || !isUnused(observed)) return null;
  return act({ type: "retire", revision: retiring.revision, idleForMs: parseDuration(retireWhenUnused.idleFor) });
};
