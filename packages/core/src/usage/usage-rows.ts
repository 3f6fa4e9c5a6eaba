import type { LastUse, UsageCount, UsageMonth } from "../ports.ts";
import { monthOf } from "./quota.ts";
import type { UsageEntry } from "./usage-counter.ts";

/** What entries become in the database: each list in the order in which its rows are locked. */
export interface UsageRows {
  readonly hours: readonly UsageCount[];
  readonly months: readonly UsageMonth[];
  readonly keys: readonly LastUse[];
  readonly versions: readonly LastUse[];
}

type Mutable<Row> = { -readonly [Field in keyof Row]: Row[Field] };

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

type Amount = Pick<UsageCount, "outcome" | "requests" | "cost">;

const amountsOf = ({ accepted, cost, refused }: UsageEntry): readonly Amount[] => [
  ...(accepted > 0 ? [{ outcome: "VALID" as const, requests: accepted, cost }] : []),
  ...[...refused].map(([outcome, requests]) => ({ outcome, requests, cost: 0 })),
];

const ofVersion = ({ accepted, retiring, cost }: UsageEntry): readonly Amount[] => [
  ...(accepted > 0 ? [{ outcome: "VALID" as const, requests: accepted, cost }] : []),
  ...(retiring > 0 ? [{ outcome: "RETIRING" as const, requests: retiring, cost: 0 }] : []),
];

const sumHours = (entries: readonly UsageEntry[]): readonly UsageCount[] => {
  const sums = new Map<string, Mutable<UsageCount>>();
  const add = (scopeId: string, hourMs: number, { outcome, requests, cost }: Amount) => {
    const name = `${scopeId} ${hourMs} ${outcome}`;
    const sum = sums.get(name);
    if (sum === undefined) {
      sums.set(name, { scopeId, hour: new Date(hourMs), outcome, requests, cost });
    } else {
      sum.requests += requests;
      sum.cost += cost;
    }
  };
  for (const entry of entries) {
    const { workspaceId, projectId, keyId, versionId, hourMs } = entry;
    for (const scopeId of [workspaceId, projectId, keyId]) {
      if (scopeId !== null) for (const amount of amountsOf(entry)) add(scopeId, hourMs, amount);
    }
    if (versionId !== null) for (const amount of ofVersion(entry)) add(versionId, hourMs, amount);
  }
  return [...sums.values()].toSorted(
    (a, b) => byCode(a.scopeId, b.scopeId) || a.hour.getTime() - b.hour.getTime() || byCode(a.outcome, b.outcome),
  );
};

const sumMonths = (entries: readonly UsageEntry[]): readonly UsageMonth[] => {
  const sums = new Map<string, Mutable<UsageMonth>>();
  for (const { workspaceId, hourMs, cost } of entries) {
    if (cost === 0) continue;
    const month = monthOf(new Date(hourMs));
    const name = `${workspaceId} ${month.getTime()}`;
    const sum = sums.get(name);
    if (sum === undefined) sums.set(name, { workspaceId, month, cost });
    else sum.cost += cost;
  }
  return [...sums.values()].toSorted(
    (a, b) => byCode(a.workspaceId, b.workspaceId) || a.month.getTime() - b.month.getTime(),
  );
};

const lastUses = (entries: readonly UsageEntry[], field: "keyId" | "versionId"): readonly LastUse[] => {
  const latest = new Map<string, number>();
  for (const entry of entries) {
    const id = entry[field];
    if (id !== null && entry.usedMs !== null) latest.set(id, Math.max(latest.get(id) ?? 0, entry.usedMs));
  }
  return [...latest]
    .map(([id, usedMs]) => ({ id, at: new Date(usedMs - (usedMs % 1000)) }))
    .toSorted((a, b) => byCode(a.id, b.id));
};

/** Sums entries for the database. */
export const usageRows = (entries: readonly UsageEntry[]): UsageRows => ({
  hours: sumHours(entries),
  months: sumMonths(entries),
  keys: lastUses(entries, "keyId"),
  versions: lastUses(entries, "versionId"),
});
