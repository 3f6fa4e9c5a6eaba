import type { ErrorCode } from "@itsy/contract";
import type { Histogram, Metric, MetricValueWithName, Registry } from "prom-client";

/** The ways in; `other` is whatever is not one of ours. */
export type Door = "verify" | "forward_auth" | "leaks" | "trpc" | "health" | "metrics" | "other";

type AnswerCode = "OK" | ErrorCode;
type Label = "door" | "code" | "le";
type Value = MetricValueWithName<Label>;

const NAME = "itsy_request_duration_seconds";
const BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10];
const BUCKETS_MS = BUCKETS_S.map((bound) => bound * 1000);

/** The durations of one door and code. */
class Durations {
  readonly #labels: Readonly<Record<"door" | "code", string>>;
  /** One for each bucket, and one for what is longer than all of them. */
  readonly #counts = new Float64Array(BUCKETS_MS.length + 1);
  #sumMs = 0;

  constructor(door: Door, code: AnswerCode) {
    this.#labels = { door, code };
  }

  add(durationMs: number): void {
    let bucket = 0;
    while (durationMs > (BUCKETS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumMs += durationMs;
  }

  values(): readonly Value[] {
    const labels = this.#labels;
    let total = 0;
    const buckets = [...this.#counts].map((count, bucket): Value => {
      total += count;
      return { metricName: `${NAME}_bucket`, labels: { le: BUCKETS_S[bucket] ?? "+Inf", ...labels }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${NAME}_sum`, labels, value: this.#sumMs / 1000 },
      { metricName: `${NAME}_count`, labels, value: total },
    ];
  }
}

/**
 * A histogram for what is counted elsewhere, as the registry asks for it: prom-client's own checks and hashes the labels
 * at each observation.
 */
const countedHistogram = (all: () => Iterable<Durations>): Metric => {
  const get = () => ({
    name: NAME,
    help: "Time to answer a request, by door and by the code of the answer.",
    type: "histogram",
    aggregator: "sum",
    values: [...all()].flatMap((durations) => durations.values()),
  });
  // Its types know only its own classes; it asks for no more than this.
  const metric = { name: NAME, get: () => Promise.resolve(get()), reset: () => {} };
  return metric as unknown as Histogram<Label>;
};

/** How long requests took, by door and by code. */
export const createRequestDurations = (registry: Registry) => {
  const known = new Map<Door, Map<AnswerCode, Durations>>();
  const all: Durations[] = [];

  const learn = (door: Door, code: AnswerCode): Durations => {
    const durations = new Durations(door, code);
    const ofDoor = known.get(door) ?? new Map<AnswerCode, Durations>();
    known.set(door, ofDoor.set(code, durations));
    all.push(durations);
    return durations;
  };

  registry.registerMetric(countedHistogram(() => all));

  return (door: Door, code: AnswerCode, durationMs: number): void => {
    (known.get(door)?.get(code) ?? learn(door, code)).add(durationMs);
  };
};
