import type { IdempotencyRecord } from "../entities.ts";

export interface IdempotencyStore {
  /** Whoever else asks for it waits until this transaction has ended. `null`: nobody has committed one. */
  lock(claim: Pick<IdempotencyRecord, "workspaceId" | "procedure" | "digest">): Promise<IdempotencyRecord | null>;
  insert(record: IdempotencyRecord): Promise<void>;
  setRevision(record: IdempotencyRecord, revision: number): Promise<void>;
  /** Removes what was made before the instant, the oldest first, and about so many at most. How many. */
  purge(before: Date, limit: number): Promise<number>;
}
