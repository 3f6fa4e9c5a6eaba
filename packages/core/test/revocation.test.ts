import { defaultLeaseTerms, patienceMs } from "@itsy/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { huntFor, runAll } from "./simulation/hunt.ts";
import { runSchedule } from "./simulation/run-schedule.ts";
import { schedules } from "./simulation/schedule.ts";
import { createSimulation } from "./simulation/simulation.ts";
import { simulatedTerms } from "./simulation/terms.ts";
import { asDesigned, asDesignedWithGrace, brokenVariants } from "./simulation/variants.ts";

const promptly = { statement: "registerReplica", times: 1, toEffectMs: 1, toAnswerMs: 1, isAnswerLost: false } as const;
const LONG_MS = 300_000;

test.each([
  ["", asDesigned],
  [" that serve through an outage", asDesignedWithGrace],
])(
  "after a change has returned as effective everywhere, no replica judges a request by what was before%s",
  {
    timeout: LONG_MS,
  },
  async (_, design) => {
    // The long form is bench/simulate-revocation.ts.
    const figures = await runAll(design, { seed: Date.now() | 0, runs: 2000 });
    // Or nothing would have been tried.
    expect(figures.changesEverywhere).toBeGreaterThan(2000);
    expect(figures.answersFromMemory).toBeGreaterThan(20_000);
  },
);

describe("the simulation finds out a replica or a waiter that", () => {
  test.each(brokenVariants)("$name", { timeout: LONG_MS }, async (variant) => {
    expect(await huntFor(variant, { seed: 1, runs: 10_000 })).not.toBeNull();
  });
});

test(
  "when all trouble is over, the feed is empty, the dead are gone, and everybody knows from memory",
  async () => {
    const property = fc.asyncProperty(schedules, async (schedule) => {
      const simulation = await runSchedule(schedule);
      const { world, database, ask, history } = simulation;
      // Where nobody is left, the next one cleans up.
      if (simulation.nodes().every(({ hasLeft }) => hasLeft)) simulation.take({ do: "join", delay: promptly });
      await world.runUntil(world.nowMs + 400 + 3 * simulatedTerms.leftoverAfterMs);
      expect(database.changes.size).toBe(0);
      const members = simulation.nodes().filter(({ hasLeft }) => !hasLeft);
      expect(new Set(database.replicas.keys())).toEqual(new Set(members.map(({ membership }) => membership.replicaId)));
      expect(members.every(({ isTrusted }) => isTrusted)).toBe(true);
      // Until the last statement that a schedule delays is through.
      for (let time = 0; time < 4; time += 1) {
        ask(["k0", "k1"], 1);
        await world.runUntil(world.nowMs + 500);
      }
      const { length } = history.verifies;
      ask(["k0", "k1"], 1);
      await world.runUntil(world.nowMs + 5);
      const answers = history.verifies.slice(length);
      // A change that comes back late has its keys asked for once more.
      const asked = new Set(answers.map(({ node, keyId }) => `${node} ${keyId}`));
      expect(asked.size).toBe(2 * simulation.nodes().length);
      for (const { keyId, version } of answers) expect(version).toBe(database.keys.get(keyId)?.version);
      const fromMemory = answers.filter((answer) => answer.fromMemory).map(({ node }) => node);
      expect(new Set(fromMemory)).toEqual(new Set(members.map(({ name }) => name)));
    });
    await fc.assert(property, { numRuns: 200 });
  },
  LONG_MS,
);

/** Three replicas under the real terms, the clocks of two as far apart as they may be; statements take up to 2 ms. */
const started = async () => {
  const simulation = createSimulation({ clockRates: [1, 0.955, 1.045], seed: 7, terms: defaultLeaseTerms });
  await simulation.world.runUntil(1000);
  return simulation;
};

const waits = ({ history }: Awaited<ReturnType<typeof started>>) =>
  history.changes.map(({ waitedMs }) => waitedMs ?? NaN);

describe("how long a change waits", () => {
  test("with healthy replicas: for one poll and two quick renewals", async () => {
    const simulation = await started();
    for (let count = 0; count < 300; count++) {
      simulation.take({ do: "change", node: count % 3, key: count % 2 });
      await simulation.world.runUntil(simulation.world.nowMs + 137.3);
    }
    const sorted = waits(simulation).sort((a, b) => a - b);
    const { pollMs, busyPollMs, waitPollMs } = defaultLeaseTerms;
    // Four statements of each of up to three looks, and timers that are up to a millisecond late.
    const boundMs = pollMs + 2 * busyPollMs + 2 * waitPollMs + 3 * 4 + 5;
    expect(sorted.at(-1)).toBeLessThan(boundMs);
    expect(sorted[150]).toBeLessThan(60);
    expect(simulation.history.changes.every(({ effectiveEverywhere }) => effectiveEverywhere)).toBe(true);
  });

  test("many changes at once share the wait", async () => {
    const simulation = await started();
    for (let count = 0; count < 200; count++) simulation.take({ do: "change", node: count % 3, key: count % 2 });
    await simulation.world.runUntil(simulation.world.nowMs + 150);
    expect(simulation.history.changes.filter(({ effectiveEverywhere }) => effectiveEverywhere)).toHaveLength(200);
    expect(simulation.database.changes.size).toBe(0);
  });

  test.each(["stop", "cut"] as const)(
    "when another replica hangs (%s): for its lease and the margin",
    async (trouble) => {
      const simulation = await started();
      simulation.take({ do: trouble, node: 1, forMs: 60_000 });
      simulation.take({ do: "change", node: 0, key: 0 });
      await simulation.world.runUntil(simulation.world.nowMs + 3000);
      const [change] = simulation.history.changes;
      expect(change?.effectiveEverywhere).toBe(true);
      expect(change?.waitedMs).toBeGreaterThan(defaultLeaseTerms.leaseMs - defaultLeaseTerms.renewEveryMs);
      expect(change?.waitedMs).toBeLessThan(patienceMs(defaultLeaseTerms.leaseMs) + 5);
    },
  );

  test("when a replica is dead for long already: not at all for that one", async () => {
    const simulation = await started();
    simulation.take({ do: "kill", node: 1 });
    await simulation.world.runUntil(simulation.world.nowMs + 4000);
    simulation.take({ do: "change", node: 0, key: 0 });
    await simulation.world.runUntil(simulation.world.nowMs + 1000);
    expect(waits(simulation)[0]).toBeLessThan(100);
  });

  test("when the database is gone after the commit: for a lease, and the answer says what is not known", async () => {
    const simulation = await started();
    simulation.take({ do: "change", node: 0, key: 0 });
    const committed = async (): Promise<void> => {
      if (simulation.database.changes.size > 0) return;
      await simulation.world.runUntil(simulation.world.nowMs + 0.1);
      return committed();
    };
    await committed();
    simulation.take({
      do: "delay",
      node: 0,
      delay: { statement: "listReplicas", times: 1, toEffectMs: 5, toAnswerMs: 1, isAnswerLost: true },
    });
    await simulation.world.runUntil(simulation.world.nowMs + 2);
    simulation.take({ do: "down", forMs: 5000 });
    await simulation.world.runUntil(simulation.world.nowMs + 3000);
    const [change] = simulation.history.changes;
    expect(change?.effectiveEverywhere).toBe(false);
    expect(change?.waitedMs).toBeLessThan(patienceMs(defaultLeaseTerms.leaseMs) + 5);
    // Meanwhile every lease ran out: nobody trusts what was before the change.
    expect(simulation.nodes().some(({ isTrusted }) => isTrusted)).toBe(false);
  });

  test("when one commits late, it is seen late, and seen", async () => {
    const simulation = await started();
    simulation.ask(["k0", "k1"], 1);
    await simulation.world.runUntil(simulation.world.nowMs + 5);
    simulation.take({
      do: "delay",
      node: 0,
      delay: { statement: "changeKey", times: 1, toEffectMs: 17, toAnswerMs: 1, isAnswerLost: false },
    });
    simulation.take({ do: "change", node: 0, key: 0 });
    for (let count = 0; count < 10; count++) simulation.take({ do: "change", node: 1, key: 1 });
    await simulation.world.runUntil(simulation.world.nowMs + 500);
    expect(simulation.history.changes.every(({ effectiveEverywhere }) => effectiveEverywhere)).toBe(true);
    expect(simulation.findViolations()).toEqual([]);
  });
});
