import { soleDrawPolicy } from "../../src/index.ts";
import type { Scenario, Troubles } from "./simulate.ts";
import type { TrafficName } from "./traffic.ts";

export interface NamedScenario {
  readonly name: string;
  readonly scenario: Scenario;
  /**
   * The part of what an ideal limiter accepts that may be refused; `null` where there is nothing to compare: an ideal
   * limiter knows no lost statements, no minutes of standstill, and no limit that changes.
   */
  readonly underMax: number | null;
}

const UNDER_MAX = 0.05;
/** Statements that take a second, a quarter of the time: each draw, and each conflict of two, is as long. */
const UNDER_MAX_SLOW = 0.1;

const LIMITS = [1, 10, 60, 1000, 6000, 100_000] as const;
const TRAFFICS: readonly TrafficName[] = ["below", "above", "hammering", "bursts", "one hot"];

/**
 * Enough windows that a twentieth of what is accepted is more than one request. They end within a window, where what
 * was lost on the way shows.
 */
const minutesFor = (limit: number, short: boolean): number => {
  const minutes = limit <= 10 ? 60 : limit <= 60 ? 20 : limit <= 6000 ? 8 : 4;
  return (short ? Math.max(limit === 1 ? 30 : 3, minutes / 4) : minutes) + 0.5;
};

const churn: Troubles = { killEveryMs: 20_000 };

const troubles: readonly { name: string; troubles: Troubles; underMax: number | null }[] = [
  { name: "coming and going", troubles: churn, underMax: UNDER_MAX },
  { name: "stopped for seconds", troubles: { stopEveryMs: 5000, stopForMs: 4000 }, underMax: UNDER_MAX },
  {
    name: "stopped while asking",
    troubles: { stopsWhen: { moment: "sent", share: 0.02 }, stopForMs: 90_000 },
    underMax: null,
  },
  { name: "slow database", troubles: { slowMs: 400 }, underMax: UNDER_MAX_SLOW },
  { name: "lost statements", troubles: { lost: 0.02 }, underMax: null },
  {
    name: "database clock steps back",
    troubles: {
      stepsBack: [
        { atMs: 50_000, byMs: 900 },
        { atMs: 90_000, byMs: 30_000 },
        { atMs: 130_000, byMs: 3_600_000 },
      ],
    },
    underMax: null,
  },
];

/** Everything that is published: without troubles, then with each. */
export const scenarios = ({ seed, short = false }: { seed: number; short?: boolean }): readonly NamedScenario[] => {
  const limits = short ? LIMITS.filter((limit) => limit <= 1000) : LIMITS;
  const plain = [1, 3, 9].flatMap((replicas) =>
    limits.flatMap((limit) =>
      TRAFFICS.filter((traffic) => replicas > 1 || traffic !== "one hot").map((traffic) => ({
        name: "",
        scenario: { seed, replicas, limit, traffic, minutes: minutesFor(limit, short) },
        underMax: UNDER_MAX,
      })),
    ),
  );
  // Of fewer requests than 30 a second, one that comes too early is a large part.
  const eachMinute = [1, 3, 9].flatMap((replicas) =>
    limits
      .filter((limit) => limit >= 60)
      .map((limit) => ({
        name: "",
        scenario: { seed, replicas, limit, traffic: "each minute" as const, minutes: minutesFor(limit, short) },
        underMax: UNDER_MAX,
      })),
  );
  const troubled = troubles.flatMap(({ name, troubles, underMax }) =>
    [1, 3, 9].flatMap((replicas) =>
      [60, 1000].map((limit) => ({
        name,
        scenario: { seed, replicas, limit, traffic: "above" as const, minutes: minutesFor(limit, short), troubles },
        underMax,
      })),
    ),
  );
  const lowered = [3, 9].map((replicas) => ({
    name: "limit lowered to a third",
    scenario: {
      seed,
      replicas,
      limit: 3000,
      traffic: "above" as const,
      minutes: 4,
      troubles: { lowered: { atMs: 90_000, to: 1000 } },
    },
    underMax: null,
  }));
  const sole = [undefined, { killEveryMs: 90_000 }].flatMap((troubles) =>
    [60, 1000].map((limit) => ({
      name: troubles === undefined ? "one process, sole policy" : "one process, killed and started",
      scenario: {
        seed,
        replicas: 1,
        limit,
        traffic: "above" as const,
        minutes: minutesFor(limit, short),
        policy: soleDrawPolicy,
        ...(troubles === undefined ? {} : { troubles }),
      },
      underMax: UNDER_MAX,
    })),
  );
  return [...plain, ...eachMinute, ...troubled, ...lowered, ...sole];
};
