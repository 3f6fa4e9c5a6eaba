import type { Source } from "../sources/source.ts";
import type { BinariesRequest, Origin } from "./binaries.ts";
import { cachedBinaries } from "./source-cached.ts";
import { downloadedBinaries } from "./source-download.ts";
import { existingCluster } from "./source-existing.ts";
import { givenBinaries } from "./source-given.ts";
import { builtBinaries } from "./source-go-build.ts";

/** The sources in the order in which they are tried. */
export const controlPlaneSources = (request: BinariesRequest): readonly Source<Origin>[] => [
  existingCluster(request),
  givenBinaries(request),
  cachedBinaries(request),
  downloadedBinaries(request),
  builtBinaries(request),
];
