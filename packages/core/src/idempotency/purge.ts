import type { DomainDeps } from "../deps.ts";
import { removeInBatches } from "../in-batches.ts";

/** Idempotency keys are kept for at least a day; this is when they may go. */
const KEPT_MS = 48 * 60 * 60 * 1000;

/**
 * Forgets the idempotency keys whose calls nobody repeats any more, batch by batch. To be run about once an hour, by any
 * replica. How many were forgotten.
 */
export const createPurgeIdempotency =
  ({ database, clock }: Pick<DomainDeps, "database" | "clock">) =>
  async (): Promise<number> => {
    const before = new Date(clock.now().getTime() - KEPT_MS);
    return removeInBatches(database, ({ idempotency }, limit) => idempotency.purge(before, limit));
  };
