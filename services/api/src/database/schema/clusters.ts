import type { Cluster } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

export const clusters = (types: ColumnTypes): EntitySchema<Cluster> =>
  new EntitySchema<Cluster>({
    name: "clusters",
    columns: {
      id: { ...types.id, primary: true },
      slug: types.slug,
      createdAt: { ...types.instant, name: "created_at" },
    },
    indices: [{ name: "clusters_slug", columns: ["slug"], unique: true }],
  });
