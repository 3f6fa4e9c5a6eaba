import type { ReplicaRow } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

/** The processes that remember keys. */
export const replicas = (types: ColumnTypes): EntitySchema<ReplicaRow> =>
  new EntitySchema<ReplicaRow>({
    name: "replicas",
    columns: {
      id: { ...types.id, primary: true },
      beat: types.count,
      leaseMs: { ...types.int, name: "lease_ms" },
    },
  });
