import type { AuditTargetType } from "@itsy/contract";
import type { AuditEntry } from "../entities.ts";

/** Append-only: nothing changes an entry, and nothing but their age removes any. */
export interface AuditStore {
  /** Written at the latest with the commit of the transaction, in which nothing looks for it. */
  append(entry: AuditEntry): Promise<void>;
  /** Newest first, `limit` at most. */
  list(filter: AuditFilter): Promise<readonly AuditEntry[]>;
  /** Removes entries from before the instant, `limit` at most. How many. */
  purge(before: Date, limit: number): Promise<number>;
}

export interface AuditFilter {
  /** Of one workspace; or (`null`) the installation's own, and what its operators did anywhere. */
  readonly workspaceId: string | null;
  readonly targetType?: AuditTargetType | undefined;
  readonly targetId?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Older than the entry of this id. */
  readonly before?: string | undefined;
  readonly limit: number;
}
