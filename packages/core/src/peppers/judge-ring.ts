import type { StoredPepper } from "../entities.ts";
import type { PepperUsage } from "../ports.ts";

/** What a process has, and what the database knows. */
export interface RingFacts {
  readonly current: number;
  /** Of each pepper of the ring. */
  readonly fingerprints: ReadonlyMap<number, Uint8Array>;
  /** Versions that the operator says are lost for good. */
  readonly lost: readonly number[];
  readonly stored: readonly StoredPepper[];
  readonly usage: readonly PepperUsage[];
}

export interface RingVerdict {
  /** Why the process must not serve: it would call good keys unknown. For the operator; names versions and counts only. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

const held = ({ secrets, tokens }: PepperUsage) => `${secrets} working secrets and ${tokens} tokens`;

const wrong = ({ fingerprints, stored }: RingFacts): readonly string[] =>
  stored.flatMap(({ version, fingerprint }) => {
    const here = fingerprints.get(version);
    if (here === undefined || fingerprint === null || Buffer.compare(here, fingerprint) === 0) return [];
    return [`the pepper of version ${version} is not the one that this database was used with: bring that one back`];
  });

const retired = ({ current, stored }: RingFacts): readonly string[] =>
  stored.some(({ version, retiredAt }) => version === current && retiredAt !== null)
    ? [`the current pepper is version ${current}, which was retired: give a new pepper a new number`]
    : [];

const missing = ({ fingerprints, usage }: RingFacts) => usage.filter(({ version }) => !fingerprints.has(version));

/** Whether a process may serve with its peppers. Nothing that works may become unknown without a word. */
export const judgeRing = (facts: RingFacts): RingVerdict => {
  const { lost, stored, fingerprints } = facts;
  const [given, refused] = [true, false].map((isLost) =>
    missing(facts).filter(({ version }) => lost.includes(version) === isLost),
  );
  const done = stored.filter(({ version, retiredAt }) => retiredAt !== null && fingerprints.has(version));
  return {
    problems: [
      ...wrong(facts),
      ...retired(facts),
      ...(refused ?? []).map(
        (usage) =>
          `pepper version ${usage.version} is missing, and ${held(usage)} need it: bring it back, or, if it is lost, name it in PEPPERS_LOST`,
      ),
    ],
    warnings: [
      ...(given ?? []).map(
        (usage) => `pepper version ${usage.version} is lost: ${held(usage)} are refused until they are replaced`,
      ),
      ...done.map(({ version }) => `pepper version ${version} is retired: remove it from the settings`),
    ],
  };
};
