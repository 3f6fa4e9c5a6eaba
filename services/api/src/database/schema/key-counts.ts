import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import type { CountedGroup } from "../key-index/counts.ts";

interface CountRow extends CountedGroup {
  readonly shard: number;
  readonly amount: number;
}

/** How many keys there are of each facet: the sum of the shards, each of which may be below zero. */
export const keyCounts = (types: ColumnTypes): EntitySchema<CountRow> =>
  new EntitySchema<CountRow>({
    name: "key_counts",
    columns: {
      workspaceId: { ...types.id, name: "workspace_id", primary: true },
      projectId: { ...types.id, name: "project_id", primary: true },
      facet: { ...types.int, primary: true },
      shard: { ...types.int, primary: true },
      amount: types.count,
    },
  });
