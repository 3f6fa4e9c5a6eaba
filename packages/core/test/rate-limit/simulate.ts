import { type createLeasedRateLimiter, type DrawPolicy, RateLimitUnavailable } from "../../src/index.ts";
import { seededRandom } from "../seeded-random.ts";
import { idealAdmission, type LoggedRequest, overAdmission } from "./judge.ts";
import { createSimulatedDatabase, type Fate } from "./simulated-database.ts";
import { createSimulatedReplica, type SimulatedReplica } from "./simulated-replica.ts";
import { type TrafficName, traffics } from "./traffic.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";

export interface Scenario {
  readonly seed: number;
  readonly replicas: number;
  /** Permits in any 60 seconds. */
  readonly limit: number;
  readonly traffic: TrafficName;
  readonly minutes: number;
  /** Permits that each request costs, at most; 1 unless told. */
  readonly costMax?: number;
  readonly policy?: DrawPolicy;
  readonly troubles?: Troubles;
}

export interface Troubles {
  /** A replica is killed without notice, and another one started, about this often. */
  readonly killEveryMs?: number;
  /** A replica is stopped for up to `stopForMs`, about this often. */
  readonly stopEveryMs?: number;
  readonly stopForMs?: number;
  /** The part of all statements after whose sending, or whose answer, the replica is stopped for up to `stopForMs`. */
  readonly stopsWhen?: { readonly moment: "sent" | "answered"; readonly share: number };
  /** A replica drops its leases, as after a change of the key, about this often. */
  readonly dropEveryMs?: number;
  /** The part of all statements that are lost, whose answer is lost, or that arrive long after. */
  readonly lost?: number;
  /** The part of all writes that give permits back whose answer is lost. */
  readonly giveBacksUnanswered?: number;
  /** How long a statement travels one way at most, for a quarter of each minute. */
  readonly slowMs?: number;
  /** How fast the database's clock runs; wrong by up to 0.05 % unless told. */
  readonly databaseRate?: number;
  /** Steps back of the database's clock. */
  readonly stepsBack?: readonly { readonly atMs: number; readonly byMs: number }[];
  /** A lowered limit, which each replica hears of within 150 ms. */
  readonly lowered?: { readonly atMs: number; readonly to: number };
}

export interface Report {
  readonly sent: number;
  /** Permits. */
  readonly ideal: number;
  readonly accepted: number;
  readonly refused: number;
  /** Requests that were not judged since the database could not be asked. */
  readonly unavailable: number;
  readonly over: number;
  /** The part of what an ideal limiter accepts that was not accepted. */
  readonly under: number;
  readonly reads: number;
  readonly writes: number;
  readonly conflicts: number;
  /** Calls of the database for each replica and second. */
  readonly callsPerSecond: number;
}

/** Rates of clocks are wrong by as much as NTP slews, at most. */
const CLOCK_RATE_ERROR = 0.0005;
const KEY = "key";

/** Runs something again and again, at random intervals around the given one. */
const repeatedly = (time: VirtualTime, options: { everyMs: number; random: () => number; run: () => void }) => {
  const { everyMs, random, run } = options;
  const again = () =>
    time.at(time.nowMs() + everyMs * (0.5 + random()), () => {
      run();
      again();
    });
  again();
};

const conditionsOf = (scenario: Scenario, time: VirtualTime, random: () => number) => {
  const { lost = 0, giveBacksUnanswered = 0, slowMs = 0, stepsBack = [], lowered } = scenario.troubles ?? {};
  const rate = scenario.troubles?.databaseRate ?? 1 + (random() * 2 - 1) * CLOCK_RATE_ERROR;
  return {
    travelMs: () => {
      if (time.nowMs() % 60_000 < 15_000 && slowMs > 0) return random() * slowMs;
      return random() < 0.01 ? 20 + random() * 30 : 0.3 + random() * 2.7;
    },
    clockMs: (trueMs: number) =>
      stepsBack.reduce((nowMs, step) => (trueMs >= step.atMs ? nowMs - step.byMs : nowMs), 1.8e12 + trueMs * rate),
    fate: (statement: "read" | "draw" | "give back"): Fate => {
      if (statement === "give back" && random() < giveBacksUnanswered) return "answer lost";
      if (random() >= lost) return "arrives";
      return (["lost", "answer lost", "arrives late"] as const)[Math.floor(random() * 3)] ?? "lost";
    },
    limit: () => (lowered !== undefined && time.nowMs() >= lowered.atMs ? lowered.to : scenario.limit),
  };
};

/** Runs a scenario in virtual time. The same scenario gives the same report. */
export const simulate = async (scenario: Scenario, createLimiter: typeof createLeasedRateLimiter): Promise<Report> => {
  const { seed, limit, troubles = {}, costMax = 1 } = scenario;
  const random = seededRandom(seed);
  const time = createVirtualTime();
  const database = createSimulatedDatabase(time, conditionsOf(scenario, time, random));
  const { killEveryMs, dropEveryMs, stopEveryMs, stopForMs = 0, stopsWhen, lowered } = troubles;
  const startReplica = () =>
    createSimulatedReplica(time, database, {
      createLimiter,
      random,
      onStatement: (replica, moment) => {
        if (moment === stopsWhen?.moment && random() < stopsWhen.share) replica.stop(random() * stopForMs);
      },
      clock: { offsetMs: random() * 1e9, rate: 1 + (random() * 2 - 1) * CLOCK_RATE_ERROR },
      ...(scenario.policy === undefined ? {} : { policy: scenario.policy }),
    });
  const replicas = Array.from({ length: scenario.replicas }, startReplica);
  const anyIndex = () => Math.floor(random() * replicas.length);

  const kill = () => {
    const index = anyIndex();
    replicas[index]?.kill();
    replicas[index] = startReplica();
  };
  if (killEveryMs !== undefined) repeatedly(time, { everyMs: killEveryMs, random, run: kill });
  const drop = () => {
    const replica = replicas[anyIndex()];
    replica?.inside(() => replica.limiter.dropLeases(KEY));
  };
  if (dropEveryMs !== undefined) repeatedly(time, { everyMs: dropEveryMs, random, run: drop });
  const stop = () => replicas[anyIndex()]?.stop(random() * stopForMs);
  if (stopEveryMs !== undefined) repeatedly(time, { everyMs: stopEveryMs, random, run: stop });

  const believed = new Map<SimulatedReplica, number>();
  if (lowered !== undefined) {
    for (const replica of replicas) {
      time.at(lowered.atMs + random() * 150, () => {
        believed.set(replica, lowered.to);
        replica.limiter.dropLeases(KEY);
      });
    }
  }

  const sent: LoggedRequest[] = [];
  const accepted: LoggedRequest[] = [];
  let refused = 0;
  let unavailable = 0;
  const request = (replica: SimulatedReplica) => {
    const cost = 1 + Math.floor(random() * costMax);
    sent.push({ atMs: time.nowMs(), cost });
    const note = (wasAccepted: boolean) => {
      if (wasAccepted) accepted.push({ atMs: time.nowMs(), cost });
      else refused += 1;
    };
    const decision = replica.take(KEY, believed.get(replica) ?? limit, cost);
    if (!(decision instanceof Promise)) return note(decision.accepted);
    return void decision.then(
      (later) => note(later.accepted),
      (error: unknown) => {
        if (!(error instanceof Error) || error.name !== RateLimitUnavailable.name) throw error;
        unavailable += 1;
      },
    );
  };

  const untilMs = scenario.minutes * 60_000;
  for (const arrival of traffics[scenario.traffic]({ limit, replicas: replicas.length, random })) {
    if (arrival.atMs > untilMs) break;
    await time.runUntil(arrival.atMs);
    const replica = replicas[arrival.replica];
    replica?.inside(() => request(replica));
  }
  await time.runUntil(untilMs + 10_000);

  const permits = accepted.reduce((total, { cost }) => total + cost, 0);
  const ideal = idealAdmission(sent, limit);
  const heardMs = (lowered?.atMs ?? 0) + 150;
  const { reads, writes, conflicts } = database.calls;
  return {
    sent: sent.length,
    ideal,
    accepted: permits,
    refused,
    unavailable,
    over: overAdmission(accepted, lowered?.to ?? limit, lowered === undefined ? 0 : heardMs),
    under: 1 - permits / ideal,
    reads,
    writes,
    conflicts,
    callsPerSecond: (reads + writes) / (untilMs / 1000) / replicas.length,
  };
};
