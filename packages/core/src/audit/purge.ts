import type { DomainDeps } from "../deps.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Rows in one transaction: a moment's work, so that nothing waits behind it. */
const BATCH = 500;

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
    let removed = 0;
    for (;;) {
      const batch = await database.transaction((stores) => stores.audit.purge(before, BATCH));
      removed += batch;
      if (batch < BATCH) return removed;
    }
  };
