import type { UsageCount, UsageMonth, UsageWriterRow } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

/** No foreign key: counts of a key that was deleted go with the others of their hour, and its project keeps its sum. */
export const usageHours = (types: ColumnTypes): EntitySchema<UsageCount> =>
  new EntitySchema<UsageCount>({
    name: "usage_hours",
    columns: {
      scopeId: { ...types.id, name: "scope_id", primary: true },
      hour: { ...types.instant, primary: true },
      outcome: { ...types.uid, primary: true },
      requests: types.count,
      cost: types.count,
    },
    // What is purged is found by it.
    indices: [{ name: "usage_hours_hour", columns: ["hour", "scopeId"] }],
  });

export interface UsageMonthRow extends UsageMonth {
  /** Empty: nobody was told of anything. */
  readonly toldPercent: number | null;
}

export const usageMonths = (types: ColumnTypes): EntitySchema<UsageMonthRow> =>
  new EntitySchema<UsageMonthRow>({
    name: "usage_months",
    columns: {
      workspaceId: { ...types.id, name: "workspace_id", primary: true },
      month: { ...types.instant, primary: true },
      cost: types.count,
      toldPercent: { ...types.int, name: "told_percent", nullable: true },
    },
  });

export const usageWriters = (types: ColumnTypes): EntitySchema<UsageWriterRow> =>
  new EntitySchema<UsageWriterRow>({
    name: "usage_writers",
    columns: {
      id: { ...types.id, primary: true },
      batch: types.count,
      seenAt: { ...types.instant, name: "seen_at" },
    },
  });
