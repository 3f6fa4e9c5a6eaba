import type { StoredPepper } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

export const peppers = (types: ColumnTypes): EntitySchema<StoredPepper> =>
  new EntitySchema<StoredPepper>({
    name: "peppers",
    columns: {
      version: { ...types.int, primary: true },
      fingerprint: { ...types.digest, nullable: true },
      firstSeenAt: { ...types.instant, name: "first_seen_at", nullable: true },
      retiredAt: { ...types.instant, name: "retired_at", nullable: true },
    },
  });
