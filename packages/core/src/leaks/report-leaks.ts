import type { LeakReport, LeakReportResult } from "@itsy/contract";
import { digestsOf, secretSha256 } from "@itsy/key-format";

import type { ScannerActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import type { Committed, VerificationLookup } from "../ports.ts";
import { onLeakedKey } from "./leaked-key.ts";
import { onLeakedToken } from "./leaked-token.ts";
import { createLocationOf } from "./location.ts";
import type { Leak, LeakOutcome } from "./reporting.ts";

export interface ReportLeaksDeps extends Pick<DomainDeps, "database" | "clock" | "ids" | "format" | "peppers"> {
  readonly lookup: VerificationLookup;
}

export interface ReportedLeaks {
  readonly result: LeakReportResult;
  /** One for each leak, in that order: for metrics and the log. */
  readonly outcomes: readonly LeakOutcome[];
}

export type ReportLeaks = (actor: ScannerActor, report: LeakReport) => Promise<ReportedLeaks>;

/** Transactions of one report at the same time: a part of the connections that there are for management. */
const LANES = 4;

const inLanes = async <Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as Item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
};

const nothing: Committed<LeakOutcome> = Object.freeze({
  result: "unknown",
  everywhere: Promise.resolve({ effectiveEverywhere: true, waitedMs: 0 } as const),
});

/**
 * Takes what a scanner found. Each leak is handled in a transaction of its own, and the answer comes when what was ended
 * or paused is so on every replica, or after the bound of that wait. May be called again with the same report.
 * @throws what the database throws: then some leaks may have been handled
 */
export const createReportLeaks = (deps: ReportLeaksDeps): ReportLeaks => {
  const { database, clock, ids, format, peppers, lookup } = deps;
  const locationOf = createLocationOf(format);

  const handle = async (actor: ScannerActor, secret: string, location: string | null) => {
    const isKey = format.parse(secret).ok;
    if (!isKey && !format.parseToken(secret).ok) return nothing;
    const digests = digestsOf(peppers, secretSha256(secret)).map(({ digest }) => digest);
    const leak: Leak = { digests, location };
    const found = isKey ? await lookup.find(digests) : null;
    if (isKey && found === null) return nothing;
    return database.commit((stores) => {
      const reporting = { stores, ids, actor, now: clock.now() };
      return found === null ? onLeakedToken(reporting, leak) : onLeakedKey(reporting, found, leak);
    });
  };

  return async (actor, { leaks }) => {
    // One secret in many places is one leak; the first place is told.
    const places = new Map(leaks.toReversed().map(({ secret, location }) => [secret, location]));
    const handled = await inLanes([...places], async ([secret, location]) => {
      const { result, everywhere } = await handle(actor, secret, locationOf(location));
      return { secret, outcome: result, everywhere };
    });
    await Promise.all(handled.map(({ everywhere }) => everywhere));
    const outcomeOf = new Map(handled.map(({ secret, outcome }) => [secret, outcome]));
    const outcomes = leaks.map(({ secret }) => outcomeOf.get(secret) ?? "unknown");
    return {
      outcomes,
      result: {
        results: outcomes.map((outcome) => ({ label: outcome === "unknown" ? "false_positive" : "true_positive" })),
      },
    };
  };
};
