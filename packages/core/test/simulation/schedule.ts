import fc from "fast-check";

import { motif } from "./motifs.ts";
import { STATEMENT_TIMEOUT_MS, type StatementName } from "./network.ts";
import type { Step, TimedStep } from "./step.ts";

export interface Schedule {
  /** Speeds of the clocks, one for each process, in turn: 1 is true time. */
  readonly clockRates: readonly number[];
  /** Of the small delays, and of the order of what waited for a process. */
  readonly seed: number;
  readonly steps: readonly TimedStep[];
}

/** The fastest is not quite 10 % faster than the slowest, which is what the product's margin allows for. */
const CLOCK_RATE_MIN = 0.955;
const CLOCK_RATE_MAX = 1.045;

const node = fc.nat({ max: 3 });
const key = fc.nat({ max: 1 });

/** Mostly short; around the length of a lease (100 ms) or beyond now and then. */
const spell = fc.oneof(
  fc.integer({ min: 1, max: 60 }),
  fc.integer({ min: 60, max: 160 }),
  fc.integer({ min: 160, max: 400 }),
);

const delayOf = (...statements: readonly StatementName[]) =>
  fc.record({
    statement: fc.constantFrom(...statements),
    times: fc.integer({ min: 1, max: 3 }),
    /** In no time, nearly as long as the caller waits, or longer: then it takes effect when the caller has given up. */
    toEffectMs: fc.oneof(fc.constant(1), fc.integer({ min: 5, max: STATEMENT_TIMEOUT_MS - 2 }), spell),
    toAnswerMs: fc.oneof(fc.constant(1), fc.integer({ min: 5, max: STATEMENT_TIMEOUT_MS - 2 })),
    isAnswerLost: fc.nat({ max: 4 }).map((die) => die === 4),
  });

const anyDelay = delayOf(
  "poll",
  "renewReplica",
  "listReplicas",
  "findKey",
  "changeKey",
  "removeReplica",
  "deleteChanges",
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("verify" as const), node, key }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant("change" as const), node, key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("stop" as const), node, forMs: spell }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant("delay" as const), node, delay: anyDelay }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const), node, forMs: spell }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), node }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("join" as const), delay: delayOf("registerReplica") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("down" as const), forMs: spell }) },
);

const afterMs = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 2, arbitrary: fc.integer({ min: 6, max: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 40, max: 150 }) },
);

const clockRate = fc.oneof(
  fc.constantFrom(CLOCK_RATE_MIN, CLOCK_RATE_MAX),
  fc.double({ min: CLOCK_RATE_MIN, max: CLOCK_RATE_MAX, noNaN: true }),
);

const single = fc.record({ afterMs, step }).map((only): readonly TimedStep[] => [only]);

/** Mostly anything, with a motif or two in most schedules. */
const steps = fc
  .array(fc.oneof({ weight: 3, arbitrary: single }, { weight: 1, arbitrary: motif }), {
    minLength: 2,
    maxLength: 8,
    size: "max",
  })
  .map((parts) => parts.flat());

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  clockRates: fc.array(clockRate, { minLength: 3, maxLength: 3 }),
  seed: fc.integer(),
  steps,
});
