import type { Clock, Database } from "../ports.ts";
import type { UsageRows } from "./usage-rows.ts";

/** Rows under the number by which they are added once. */
export interface UsageBatch extends UsageRows {
  readonly writerId: string;
  /** Grows by one with every batch of the writer. */
  readonly batch: number;
}

/**
 * Writes a batch; may be called again with the same one after a failure whose outcome is unknown. Last uses go first and
 * by themselves: they can be repeated as they are, and a transaction that holds keys and versions at once could wait in a
 * circle with one that changes a key.
 */
export const createWriteUsage =
  ({ database, clock }: { readonly database: Database; readonly clock: Clock }) =>
  async ({ writerId, batch, hours, months, keys, versions }: UsageBatch): Promise<void> => {
    if (versions.length > 0) await database.transaction(({ usage }) => usage.touchVersions(versions));
    if (keys.length > 0) await database.transaction(({ usage }) => usage.touchKeys(keys));
    await database.transaction(async ({ usage }) => {
      if (!(await usage.claim({ id: writerId, batch, seenAt: clock.now() }))) return;
      await usage.addMonths(months);
      await usage.addHours(hours);
    });
  };
