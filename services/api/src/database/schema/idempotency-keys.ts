import type { IdempotencyRecord } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

/** No foreign key: a call is remembered also when its key was deleted. */
export const idempotencyKeys = (types: ColumnTypes): EntitySchema<IdempotencyRecord> =>
  new EntitySchema<IdempotencyRecord>({
    name: "idempotency_keys",
    columns: {
      workspaceId: { ...types.id, name: "workspace_id", primary: true },
      procedure: { ...types.word, primary: true },
      digest: { ...types.digest, primary: true },
      fingerprint: types.digest,
      keyId: { ...types.id, name: "key_id" },
      revision: types.int,
      createdAt: { ...types.instant, name: "created_at" },
    },
    indices: [{ name: "idempotency_keys_created", columns: ["createdAt"] }],
  });
