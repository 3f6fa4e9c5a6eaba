import type { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import { apiKeys } from "./api-keys.ts";
import { auditEntries } from "./audit-entries.ts";
import { bindings } from "./bindings.ts";
import { clusterWorkspaces } from "./cluster-workspaces.ts";
import { clusters } from "./clusters.ts";
import { idempotencyKeys } from "./idempotency-keys.ts";
import { keyChanges } from "./key-changes.ts";
import { keyCounts } from "./key-counts.ts";
import { keyRate } from "./key-rate.ts";
import { managementTokens } from "./management-tokens.ts";
import { peppers } from "./peppers.ts";
import { projects } from "./projects.ts";
import { replicas } from "./replicas.ts";
import { secretVersions } from "./secret-versions.ts";
import { usageHours, usageMonths, usageWriters } from "./usage.ts";
import { workspaces } from "./workspaces.ts";

/** Every table as TypeORM sees it, with the column types of one dialect. */
export const schemaFor = (types: ColumnTypes): EntitySchema[] =>
  [
    workspaces,
    projects,
    clusters,
    clusterWorkspaces,
    managementTokens,
    apiKeys,
    keyCounts,
    secretVersions,
    bindings,
    keyChanges,
    keyRate,
    replicas,
    auditEntries,
    idempotencyKeys,
    usageHours,
    usageMonths,
    usageWriters,
    peppers,
  ].map((table) => table(types) as EntitySchema);
