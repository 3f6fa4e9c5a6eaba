import { parseDuration } from "../../duration.ts";
import type { Observed } from "../observed.ts";

type Looked = Pick<Observed, "spec" | "view">;

/**
 * When the version before may end although it still works, if nobody uses it until then: it has had its overlap, and no
 * request for `idleFor`. On the service's clock; `null` where that was not asked for, or nothing is on its way out.
 */
export const unusedAtMs = ({ spec, view: { key } }: Looked): number | null => {
  const { retireWhenUnused, overlap } = spec.rotation;
  if (retireWhenUnused === undefined || !key?.retiring || key.rotatedAt === null) return null;
  const rotatedAtMs = Date.parse(key.rotatedAt);
  const quietSinceMs = Math.max(rotatedAtMs, Date.parse(key.retiring.lastUsedAt ?? key.rotatedAt));
  return Math.max(rotatedAtMs + parseDuration(overlap), quietSinceMs + parseDuration(retireWhenUnused.idleFor));
};

/** A key that is paused or has expired is used by nobody, which says nothing. */
export const isUnused = (looked: Looked): boolean => {
  const atMs = unusedAtMs(looked);
  return atMs !== null && looked.view.key?.status === "active" && atMs <= Date.parse(looked.view.at);
};
