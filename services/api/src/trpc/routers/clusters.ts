import type { Clusters } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const clustersRouter = (clusters: Clusters) =>
  routerOf("clusters", {
    create: clusters.create,
    list: clusters.list,
    allow: clusters.allow,
    disallow: clusters.disallow,
  });
