import fc from "fast-check";

import { type Delay, STATEMENT_TIMEOUT_MS, type StatementName } from "./network.ts";
import type { Step, TimedStep } from "./step.ts";

type Motif = fc.Arbitrary<readonly TimedStep[]>;

/** By chance alone, what breaks a rule would need many thousands of schedules to meet where it is narrow. */
const ms = (min: number, max: number) => fc.integer({ min, max });
const node = fc.nat({ max: 3 });
const key = fc.nat({ max: 1 });
const slowMs = ms(5, STATEMENT_TIMEOUT_MS - 3);

const delayOf = (statement: StatementName, toEffectMs: number, toAnswerMs = 1): Delay => ({
  statement,
  times: 1,
  toEffectMs,
  toAnswerMs,
  isAnswerLost: false,
});

const after = (afterMs: number, step: Step): TimedStep => ({ afterMs, step });

/** A renewal that nobody waits for any longer takes effect around a change that another replica makes. */
const lateRenewal: Motif = fc
  .record({ node, key, lateMs: ms(25, 60), pollMs: fc.option(slowMs), renewMs: slowMs, changeInMs: ms(20, 70) })
  .map(({ node, key, lateMs, pollMs, renewMs, changeInMs }) => [
    // One replica less to wait for: the change is over before the next look at the feed.
    after(0, { do: "leave", node: node + 2 }),
    after(0, { do: "delay", node, delay: delayOf("renewReplica", lateMs) }),
    after(0, { do: "delay", node, delay: delayOf("renewReplica", renewMs) }),
    after(0, { do: "verify", node, key }),
    after(changeInMs, { do: "change", node: node + 1, key }),
    ...(pollMs === null ? [] : [after(0, { do: "delay", node, delay: delayOf("poll", pollMs) })]),
  ]);

/** A replica is asked, and a key changed, while its registration is on the way; then it is stopped. */
const newcomer: Motif = fc
  .record({ key, registerMs: slowMs, askInMs: ms(0, 4), changeInMs: ms(0, 6), stopInMs: ms(0, 12), forMs: ms(1, 60) })
  .map(({ key, registerMs, askInMs, changeInMs, stopInMs, forMs }) => [
    after(0, { do: "join", delay: delayOf("registerReplica", registerMs) }),
    after(askInMs, { do: "verify", node: -1, key }),
    after(changeInMs, { do: "change", node: 0, key }),
    after(stopInMs, { do: "stop", node: -1, forMs }),
  ]);

/** A replica falls silent while another, who takes long to look at the replicas, changes a key. */
const slowWatch: Motif = fc
  .record({ node, key, listMs: ms(14, 17), silentInMs: ms(5, 60), forMs: ms(60, 160), changeInMs: ms(40, 90) })
  .map(({ node, key, listMs, silentInMs, forMs, changeInMs }) => [
    after(0, { do: "delay", node: node + 1, delay: { ...delayOf("listReplicas", listMs), times: 2 } }),
    after(0, { do: "verify", node, key }),
    after(silentInMs, { do: "cut", node, forMs }),
    after(changeInMs, { do: "change", node: node + 1, key }),
  ]);

/** A replica goes on just as another takes it for dead. */
const awakening: Motif = fc
  .record({ node, key, silentInMs: ms(0, 20), forMs: ms(95, 150), removeMs: slowMs, changeInMs: ms(90, 150) })
  .map(({ node, key, silentInMs, forMs, removeMs, changeInMs }) => [
    ...[1, 2, 3].map((other) =>
      after(0, { do: "delay", node: node + other, delay: delayOf("removeReplica", removeMs) }),
    ),
    after(0, { do: "verify", node, key }),
    after(silentInMs, { do: "stop", node, forMs }),
    after(changeInMs, { do: "change", node: node + 1, key }),
  ]);

/** A key changes once more while what was read of it, after the first change, is on the way. */
const slowAnswer: Motif = fc
  .record({ node, key, answerMs: slowMs, changeInMs: ms(8, 40) })
  .map(({ node, key, answerMs, changeInMs }) => [
    after(0, { do: "delay", node, delay: { ...delayOf("findKey", 1, answerMs), times: 3 } }),
    after(0, { do: "change", node: node + 1, key }),
    after(changeInMs, { do: "change", node: node + 1, key }),
  ]);

/** A few steps that meet where it is narrow. */
export const motif: Motif = fc.oneof(lateRenewal, newcomer, slowWatch, awakening, slowAnswer);
