import type { ErrorCode } from "@itsy/contract";
import { Histogram, type Registry } from "prom-client";

/** The ways in; `other` is whatever is not one of ours. */
export type Door = "verify" | "forward_auth" | "leaks" | "trpc" | "health" | "metrics" | "other";

type AnswerCode = "OK" | ErrorCode;
type Labels = Readonly<Record<"door" | "code", string>>;

const BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10];
/** So many are handed over in well under a millisecond. */
const WAITING_MAX = 1024;

/**
 * How long requests took, by door and by code. What happens on the way of a request is two stores into arrays: the
 * histogram is told of many at once, when there are enough or when somebody reads it.
 */
export const createRequestDurations = (registers: Registry[]) => {
  const labelsOf = new Map<Door, Map<AnswerCode, Labels>>();
  const waitingLabels: Labels[] = [];
  const waitingMs = new Float64Array(WAITING_MAX);

  const handOver = () => {
    for (const [index, labels] of waitingLabels.entries()) histogram.observe(labels, (waitingMs[index] ?? 0) / 1000);
    waitingLabels.length = 0;
  };

  const histogram: Histogram<"door" | "code"> = new Histogram({
    name: "itsy_request_duration_seconds",
    help: "Time to answer a request, by door and by the code of the answer.",
    labelNames: ["door", "code"],
    buckets: BUCKETS_S,
    registers,
    collect: handOver,
  });

  const learn = (door: Door, code: AnswerCode): Labels => {
    const labels = { door, code };
    const ofDoor = labelsOf.get(door) ?? new Map<AnswerCode, Labels>();
    labelsOf.set(door, ofDoor.set(code, labels));
    return labels;
  };

  return (door: Door, code: AnswerCode, durationMs: number): void => {
    if (waitingLabels.length === WAITING_MAX) handOver();
    waitingMs[waitingLabels.length] = durationMs;
    waitingLabels.push(labelsOf.get(door)?.get(code) ?? learn(door, code));
  };
};
