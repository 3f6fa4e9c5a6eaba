import { join } from "node:path";
import type { Source } from "../sources/source.ts";
import { type BinariesRequest, missingFrom, type Origin, versionConflict } from "./binaries.ts";

/** Where a build from the pinned modules is kept. */
export const cachedBinariesDir = ({ env, pinned }: Pick<BinariesRequest, "env" | "pinned">): string =>
  join(env.cacheDir, "control-plane", pinned.cacheKey);

/** What an earlier build left in the cache. */
export const cachedBinaries = (request: BinariesRequest): Source<Origin> => {
  const dir = cachedBinariesDir(request);
  return {
    name: "cache",
    howTo: "`npm run testbed -- fetch control-plane` fills it",
    inspect: async () => {
      const conflict = versionConflict(request);
      if (conflict !== null) return { state: "unavailable", reason: conflict };
      const missing = await missingFrom(dir, request.needed);
      return missing.length === 0
        ? { state: "ready", detail: dir }
        : { state: "unavailable", reason: `${dir} lacks ${missing.join(", ")}` };
    },
    obtain: async () => ({ kind: "binaries", dir }),
  };
};
