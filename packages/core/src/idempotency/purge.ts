import type { DomainDeps } from "../deps.ts";

/** Idempotency keys are kept for at least a day; this is when they may go. */
const KEPT_MS = 48 * 60 * 60 * 1000;

/** Forgets the idempotency keys whose calls nobody repeats any more. To be run about once an hour, by any replica. */
export const createPurgeIdempotency =
  ({ database, clock }: Pick<DomainDeps, "database" | "clock">) =>
  (): Promise<number> =>
    database.transaction((stores) => stores.idempotency.purge(new Date(clock.now().getTime() - KEPT_MS)));
