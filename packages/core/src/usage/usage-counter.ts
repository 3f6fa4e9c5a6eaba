import type { UsageOutcome } from "@itsy/contract";
import type { VerificationRecord } from "../ports.ts";
import { HOUR_MS } from "./hour.ts";

/** Whose request it was. */
export type Counted = Pick<VerificationRecord, "workspaceId" | "projectId" | "keyId" | "versionId" | "retiring">;

export interface CountedRequest {
  readonly outcome: UsageOutcome;
  readonly cost: number;
  readonly nowMs: number;
}

/** Counts what was answered of known keys. On the way of every request: never waits, never fails. */
export interface UsageMeter {
  count(of: Counted, request: CountedRequest): void;
}

/** What one secret version did in one hour; without version, key and project where detail had to be given up. */
export interface UsageEntry {
  readonly workspaceId: string;
  readonly projectId: string | null;
  readonly keyId: string | null;
  readonly versionId: string | null;
  readonly hourMs: number;
  accepted: number;
  /** The part of `accepted` that came while the version was on its way out. */
  retiring: number;
  cost: number;
  /** Of the last accepted request; `null` when there was none. */
  usedMs: number | null;
  readonly refused: Map<UsageOutcome, number>;
}

export interface UsageCounter extends UsageMeter {
  /** Hands over at most so many entries, and starts anew for them. */
  take(entriesMax: number): readonly UsageEntry[];
  readonly size: number;
  /** How many requests were counted for their workspace only. */
  readonly foldedRequests: number;
}

/**
 * Counts in memory. When the database takes nothing for so long that there would be more than `entriesMax` entries, what
 * is not among them is counted for its workspace only: totals and quotas stay right, and memory is bounded by
 * `entriesMax` and the number of workspaces.
 */
export const createUsageCounter = ({ entriesMax }: { readonly entriesMax: number }): UsageCounter => {
  /** By version, or by workspace where detail was given up. */
  const open = new Map<string, UsageEntry>();
  /** Of hours that are over. */
  let closed: UsageEntry[] = [];
  let foldedRequests = 0;

  const start = (
    name: string,
    entry: Pick<UsageEntry, "workspaceId" | "projectId" | "keyId" | "versionId">,
    hourMs: number,
  ) => {
    const started = { ...entry, hourMs, accepted: 0, retiring: 0, cost: 0, usedMs: null, refused: new Map() };
    open.set(name, started);
    return started;
  };

  const current = (name: string, hourMs: number): UsageEntry | undefined => {
    const entry = open.get(name);
    if (entry === undefined || entry.hourMs === hourMs) return entry;
    open.delete(name);
    closed.push(entry);
    return undefined;
  };

  const entryOf = ({ workspaceId, projectId, keyId, versionId }: Counted, hourMs: number): UsageEntry => {
    const known = current(versionId, hourMs);
    if (known !== undefined) return known;
    if (open.size + closed.length < entriesMax)
      return start(versionId, { workspaceId, projectId, keyId, versionId }, hourMs);
    foldedRequests += 1;
    const whole = { workspaceId, projectId: null, keyId: null, versionId: null };
    return current(workspaceId, hourMs) ?? start(workspaceId, whole, hourMs);
  };

  return Object.freeze({
    count: (of: Counted, { outcome, cost, nowMs }: CountedRequest) => {
      const entry = entryOf(of, nowMs - (nowMs % HOUR_MS));
      if (outcome !== "VALID") {
        entry.refused.set(outcome, (entry.refused.get(outcome) ?? 0) + 1);
        return;
      }
      entry.accepted += 1;
      entry.cost += cost;
      if (of.retiring) entry.retiring += 1;
      if (entry.usedMs === null || nowMs > entry.usedMs) entry.usedMs = nowMs;
    },
    take: (count: number) => {
      const taken = closed.slice(0, count);
      closed = closed.slice(count);
      for (const [name, entry] of open) {
        if (taken.length >= count) break;
        open.delete(name);
        taken.push(entry);
      }
      return taken;
    },
    get size() {
      return open.size + closed.length;
    },
    get foldedRequests() {
      return foldedRequests;
    },
  });
};
