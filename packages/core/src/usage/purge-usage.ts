import type { DomainDeps } from "../deps.ts";
import { removeInBatches } from "../in-batches.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** A process that died without removing its row sends nothing again after so long. */
const WRITERS_KEPT_MS = 7 * DAY_MS;

export interface PurgeUsageDeps extends Pick<DomainDeps, "database" | "clock"> {
  readonly retentionDays: number;
}

/**
 * Removes the counts of hours that are older than they are kept for, batch by batch; what workspaces consumed in a month
 * stays. To be run about once an hour, by any replica. How many rows were removed.
 */
export const createPurgeUsage =
  ({ database, clock, retentionDays }: PurgeUsageDeps) =>
  async (): Promise<number> => {
    const nowMs = clock.now().getTime();
    await database.transaction(({ usage }) => usage.forgetWritersSeenBefore(new Date(nowMs - WRITERS_KEPT_MS)));
    const before = new Date(nowMs - retentionDays * DAY_MS);
    return removeInBatches(database, ({ usage }, limit) => usage.purge(before, limit));
  };
