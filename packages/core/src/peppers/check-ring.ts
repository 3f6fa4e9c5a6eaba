import { fingerprintOf } from "@itsy/key-format";

import type { DomainDeps } from "../deps.ts";
import { insertFirst } from "../insert-first.ts";
import { judgeRing, type RingVerdict } from "./judge-ring.ts";

export interface CheckRingDeps extends Pick<DomainDeps, "database" | "clock" | "peppers"> {
  /** Versions that the operator says are lost for good. */
  readonly lost: readonly number[];
}

/**
 * Holds the peppers of this process against what the database was used with, and remembers those that it sees for the
 * first time (a fingerprint of each). To be run before anything is served.
 */
export const createCheckRing =
  ({ database, clock, peppers: ring, lost }: CheckRingDeps) =>
  (): Promise<RingVerdict> =>
    database.transaction(async ({ peppers }) => {
      const now = clock.now();
      const stored = await peppers.list();
      const versions = [...ring.peppers.keys()];
      const fingerprints = new Map(versions.map((version) => [version, fingerprintOf(ring, version)]));
      const usage = await peppers.usage(now);
      const verdict = judgeRing({ current: ring.current, fingerprints, lost, stored, usage });
      if (verdict.problems.length > 0) return verdict;
      const known = new Set(stored.map(({ version }) => version));
      for (const [version, fingerprint] of fingerprints) {
        if (known.has(version)) continue;
        await insertFirst(peppers.insert({ version, fingerprint, firstSeenAt: now, retiredAt: null }));
      }
      return verdict;
    });

/** Whether something that works needs a pepper that this process lacks, though nobody says that it is lost. */
export const createLacksPepper =
  ({ database, clock, peppers: ring, lost }: CheckRingDeps) =>
  (): Promise<boolean> =>
    database.read.peppers.isOtherUsed([...ring.peppers.keys(), ...lost], clock.now());
