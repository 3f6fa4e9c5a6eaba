import type { Quota, UsageOutcome } from "@itsy/contract";

/**
 * What a row of counts is about, by the id that it has anyway: a secret version, a key, a project or a workspace. So each
 * series is one range of the primary key. `RETIRING` is of versions only: the part of `VALID` that came while the version
 * was on its way out.
 */
export interface UsageCount {
  readonly scopeId: string;
  /** The start of the hour (UTC). */
  readonly hour: Date;
  readonly outcome: UsageOutcome | "RETIRING";
  readonly requests: number;
  /** What the accepted requests cost; refused ones cost nothing. */
  readonly cost: number;
}

/** What a workspace's keys consumed in a calendar month (UTC). */
export interface UsageMonth {
  readonly workspaceId: string;
  /** The start of the month. */
  readonly month: Date;
  readonly cost: number;
}

/** What a workspace may consume in a month, and what it has. */
export interface QuotaState {
  readonly workspaceId: string;
  readonly workspace: string;
  readonly quota: Quota | null;
  readonly cost: number;
  /** The highest share of the quota that somebody was told of; 0: none. */
  readonly toldPercent: number;
}

/** A key or a secret version, and when it was last used. */
export interface LastUse {
  readonly id: string;
  /** To the second, so that one statement serves all that were used in it. */
  readonly at: Date;
}

/** One process that writes counts, and the last of its batches that is in the database. */
export interface UsageWriterRow {
  /** Drawn anew by every process. */
  readonly id: string;
  readonly batch: number;
  readonly seenAt: Date;
}

export interface UsageStore {
  /**
   * Whether this batch of the writer is new; from then on it counts as written. Another transaction of the same writer
   * waits until this one is over, so a batch whose answer was lost is added once, however often it is sent.
   */
  claim(writer: UsageWriterRow): Promise<boolean>;
  /** Adds to what is there. In the order of the primary key: two writers never wait for each other in a circle. */
  addHours(counts: readonly UsageCount[]): Promise<void>;
  addMonths(months: readonly UsageMonth[]): Promise<void>;
  /** Moves `lastUsedAt` forward, never back. No change of the key: neither its version nor the change feed moves. */
  touchKeys(uses: readonly LastUse[]): Promise<void>;
  touchVersions(uses: readonly LastUse[]): Promise<void>;
  /** The requests of one outcome since the start of an hour, for each scope that has any. */
  requestsSince(scopeIds: readonly string[], since: UsageSince): Promise<ReadonlyMap<string, number>>;
  /** What the workspaces consumed in the month that begins then; those that consumed nothing are left out. */
  costsOf(workspaceIds: readonly string[], month: Date): Promise<ReadonlyMap<string, number>>;
  quotaStates(workspaceIds: readonly string[], month: Date): Promise<readonly QuotaState[]>;
  /** Whether nobody was told of this share or a higher one; from then on somebody was. */
  tell(told: QuotaTold): Promise<boolean>;
  /** The quota is another one: what was told of the old one counts no more. */
  untell(workspaceId: string, month: Date): Promise<void>;
  /** The sums of each step of the range and outcome; steps without any are left out. */
  steps(scopeId: string, range: UsageRange): Promise<readonly UsageStep[]>;
  /** Removes rows of hours before the instant, about so many at most. How many; 0: none is left. */
  purge(before: Date, limit: number): Promise<number>;
  forgetWritersSeenBefore(instant: Date): Promise<void>;
  /** Forgets the writer: it has nothing left to send. */
  forgetWriter(id: string): Promise<void>;
}

/** Whole steps: `from` is the start of the first, `to` the end of the last. */
export interface UsageRange {
  readonly from: Date;
  readonly to: Date;
  readonly stepMs: number;
}

/** Of one scope and outcome. */
export interface UsageStep extends Pick<UsageCount, "outcome" | "requests" | "cost"> {
  readonly at: Date;
}

export interface QuotaTold {
  readonly workspaceId: string;
  readonly month: Date;
  readonly percent: number;
}

export interface UsageSince {
  readonly outcome: UsageCount["outcome"];
  readonly from: Date;
}
