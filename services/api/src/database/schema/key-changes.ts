import type { KeyChange } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

/** The change feed. No foreign key: a change outlives a key that was deleted, and may be one of a token. */
export const keyChanges = (types: ColumnTypes): EntitySchema<KeyChange> =>
  new EntitySchema<KeyChange>({
    name: "key_changes",
    columns: {
      id: { ...types.id, primary: true },
      keyId: { ...types.id, name: "key_id" },
    },
  });
