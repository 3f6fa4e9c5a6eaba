import type { StoredRateRow } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

/** Four times what the hottest key takes. */
export const RATE_COUNTS_LENGTH = 8192;

/**
 * What is counted of each key's rate limit. No foreign key: its check would make a draw wait for whoever changes the
 * key. A draw that is under way while the key is deleted may leave a row, which is purged within hours.
 */
export const keyRate = (types: ColumnTypes): EntitySchema<StoredRateRow & { keyId: string }> =>
  new EntitySchema<StoredRateRow & { keyId: string }>({
    name: "key_rate",
    columns: {
      keyId: { ...types.id, name: "key_id", primary: true },
      version: types.count,
      counts: types.opaque(RATE_COUNTS_LENGTH),
    },
  });
