import type { DomainDeps } from "../deps.ts";

/** Idempotency keys are kept for at least a day; this is when they may go. */
const KEPT_MS = 48 * 60 * 60 * 1000;
/** Rows in one transaction: a moment's work, so that nothing waits behind it, and no backlog outlasts a statement's time. */
const BATCH = 500;

/**
 * Forgets the idempotency keys whose calls nobody repeats any more, batch by batch. To be run about once an hour, by any
 * replica. How many were forgotten.
 */
export const createPurgeIdempotency =
  ({ database, clock }: Pick<DomainDeps, "database" | "clock">) =>
  async (): Promise<number> => {
    const before = new Date(clock.now().getTime() - KEPT_MS);
    let removed = 0;
    for (;;) {
      const batch = await database.transaction(({ idempotency }) => idempotency.purge(before, BATCH));
      removed += batch;
      if (batch === 0) return removed;
    }
  };
