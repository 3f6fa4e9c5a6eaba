import type { DomainDeps } from "../deps.ts";
import { removeInBatches } from "../in-batches.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export interface PurgeAuditDeps extends Pick<DomainDeps, "database" | "clock"> {
  readonly retentionDays: number;
}

/**
 * Removes the entries that are older than they are kept for, batch by batch. To be run about once an hour, by any
 * replica. How many were removed.
 */
export const createPurgeAudit =
  ({ database, clock, retentionDays }: PurgeAuditDeps) =>
  async (): Promise<number> => {
    const before = new Date(clock.now().getTime() - retentionDays * DAY_MS);
    return removeInBatches(database, ({ audit }, limit) => audit.purge(before, limit));
  };
