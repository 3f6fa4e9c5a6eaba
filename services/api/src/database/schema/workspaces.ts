import type { Workspace } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

const firstUnlessSet = {
  to: (value: number | undefined): number | undefined => value,
  from: (value: number | null): number => value ?? 1,
};

export const workspaces = (types: ColumnTypes): EntitySchema<Workspace> =>
  new EntitySchema<Workspace>({
    name: "workspaces",
    columns: {
      id: { ...types.id, primary: true },
      slug: types.slug,
      name: types.text(100),
      defaultRequestsPerMinute: { ...types.int, name: "default_requests_per_minute", nullable: true },
      requestsPerMinuteMax: { ...types.int, name: "requests_per_minute_max", nullable: true },
      defaultKeyLifetimeDays: { ...types.int, name: "default_key_lifetime_days", nullable: true },
      keyLifetimeDaysMax: { ...types.int, name: "key_lifetime_days_max", nullable: true },
      keysMax: { ...types.int, name: "keys_max", nullable: true },
      leakPolicy: { ...types.word, name: "leak_policy", nullable: true },
      quotaPerMonth: { ...types.count, name: "quota_per_month", nullable: true },
      quotaMode: { ...types.word, name: "quota_mode", nullable: true },
      // Empty in the rows that are older than the column: the first version.
      version: { ...types.int, nullable: true, transformer: firstUnlessSet },
      createdAt: { ...types.instant, name: "created_at" },
    },
    indices: [{ name: "workspaces_slug", columns: ["slug"], unique: true }],
  });
