import type { Binding } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import { references } from "./references.ts";

export const bindings = (types: ColumnTypes): EntitySchema<Binding> =>
  new EntitySchema<Binding>({
    name: "bindings",
    columns: {
      clusterId: { ...types.id, name: "cluster_id", primary: true },
      ownerUid: { ...types.uid, name: "owner_uid", primary: true },
      namespace: types.text(63),
      name: types.text(253),
      keyId: { ...types.id, name: "key_id", nullable: true },
      releasedAt: { ...types.instant, name: "released_at", nullable: true },
    },
    indices: [{ name: "bindings_key", columns: ["keyId"] }],
    foreignKeys: [
      references("bindings_cluster_id", "clusterId", "clusters"),
      references("bindings_key_id", "keyId", "api_keys"),
    ],
  });
