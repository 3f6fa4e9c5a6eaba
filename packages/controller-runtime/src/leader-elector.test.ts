import { expect, test } from "vitest";
import { createLeaseServer, type LeaseConnection } from "../test/lease-server.ts";
import { createManualTimers, type ManualTimers, settle } from "../test/manual-timers.ts";
import { createLeaderElector, type LeaderElector, type LeaderOutcome } from "./leader-elector.ts";

interface Candidate {
  readonly elector: LeaderElector;
  readonly outcome: Promise<LeaderOutcome>;
  readonly stop: AbortController;
  leads: boolean;
  losses: number;
  /** Ends the work of the leader. */
  finish: () => void;
}

const bounds = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

/** Its work goes on until it is told to stop, or (stubborn) until `finish`. */
const startCandidate = (
  identity: string,
  given: { connection: LeaseConnection; timers: ManualTimers; clock?: () => Date; stubborn?: boolean },
): Candidate => {
  const { connection, timers, clock = () => new Date(timers.monotonicMs()), stubborn = false } = given;
  const stop = new AbortController();
  const elector = createLeaderElector({
    client: connection.client,
    namespace: "n",
    name: "l",
    identity,
    timers,
    clock: { now: clock },
    random: () => 0,
    ...bounds,
    onLost: () => {
      candidate.losses += 1;
    },
  });
  const lead = async (signal: AbortSignal): Promise<void> => {
    candidate.leads = true;
    await new Promise<void>((resolve) => {
      candidate.finish = resolve;
      if (!stubborn) signal.addEventListener("abort", () => resolve());
    });
    candidate.leads = false;
  };
  const candidate: Candidate = {
    elector,
    stop,
    leads: false,
    losses: 0,
    finish: () => {},
    outcome: Promise.resolve().then(() => elector.run(stop.signal, lead)),
  };
  return candidate;
};

test("of two candidates one leads, and goes on to lead", async () => {
  const [server, timers] = [createLeaseServer(), createManualTimers()];
  const a = startCandidate("a", { connection: server.connect(), timers });
  const b = startCandidate("b", { connection: server.connect(), timers });
  await timers.advance(120_000);
  expect([a.leads, b.leads].filter(Boolean)).toHaveLength(1);
  expect(server.lease?.spec?.leaseTransitions).toBe(0);
  for (const each of [a, b]) each.stop.abort();
  expect(await Promise.all([a.outcome, b.outcome])).toEqual(["stopped", "stopped"]);
});

test("a leader that stops hands over at the next try of the other, not after the lease has run out", async () => {
  const [server, timers] = [createLeaseServer(), createManualTimers()];
  const a = startCandidate("a", { connection: server.connect(), timers });
  await timers.advance(0);
  const b = startCandidate("b", { connection: server.connect(), timers });
  await timers.advance(10_000);
  a.stop.abort();
  expect(await a.outcome).toBe("stopped");
  expect(server.lease?.spec?.holderIdentity).toBe("");
  await timers.advance(bounds.retryPeriodMs);
  expect(b.leads).toBe(true);
});

test("a leader that stops keeps the lease until its work has ended", async () => {
  const [server, timers] = [createLeaseServer(), createManualTimers()];
  const a = startCandidate("a", { connection: server.connect(), timers, stubborn: true });
  await timers.advance(0);
  const b = startCandidate("b", { connection: server.connect(), timers });
  a.stop.abort();
  await timers.advance(60_000);
  expect([a.leads, b.leads]).toEqual([true, false]);
  a.finish();
  await timers.advance(bounds.retryPeriodMs);
  expect([a.leads, b.leads]).toEqual([false, true]);
});

for (const state of ["refused", "silent", "deaf"] as const)
  test(`a leader whose connection is ${state} gives up before anybody else may lead`, async () => {
    const [server, timers] = [createLeaseServer(), createManualTimers()];
    const connection = server.connect();
    const a = startCandidate("a", { connection, timers });
    await timers.advance(0);
    const b = startCandidate("b", { connection: server.connect(), timers });
    await timers.advance(5_000);
    connection.state = state;
    for (let second = 0; second < 60; second += 1) {
      await timers.advance(1_000);
      expect([a.leads, b.leads]).not.toEqual([true, true]);
      expect([a.elector.isLeading, b.elector.isLeading]).not.toEqual([true, true]);
    }
    expect([a.losses, a.leads, b.leads]).toEqual([1, false, true]);
    expect(await a.outcome).toBe("lost");
  });

test("a short partition costs nothing", async () => {
  const [server, timers] = [createLeaseServer(), createManualTimers()];
  const connection = server.connect();
  const a = startCandidate("a", { connection, timers });
  await timers.advance(0);
  connection.state = "refused";
  await timers.advance(7_000);
  connection.state = "up";
  await timers.advance(60_000);
  expect([a.leads, a.losses, server.lease?.spec?.leaseTransitions]).toEqual([true, 0, 0]);
});

test("a candidate whose wall clock is years ahead does not take the lease of a living leader", async () => {
  const [server, timers] = [createLeaseServer(), createManualTimers()];
  const a = startCandidate("a", { connection: server.connect(), timers });
  await timers.advance(0);
  const clock = () => new Date("2040-01-01T00:00:00Z");
  const b = startCandidate("b", { connection: server.connect(), timers, clock });
  await timers.advance(120_000);
  expect([a.leads, b.leads]).toEqual([true, false]);
});

test("a leader that was killed is followed after its lease has run out, and no sooner", async () => {
  const [server, timers] = [createLeaseServer(), createManualTimers()];
  const killed = createManualTimers();
  const a = startCandidate("a", { connection: server.connect(), timers: killed });
  await settle();
  const b = startCandidate("b", { connection: server.connect(), timers });
  await timers.advance(bounds.leaseDurationMs - 1_000);
  expect(b.leads).toBe(false);
  await timers.advance(bounds.retryPeriodMs + 1_000);
  expect(b.leads).toBe(true);
  // The killed one wakes up again (as after SIGSTOP) and finds out before it does anything else.
  await killed.advance(bounds.renewDeadlineMs);
  expect([a.leads, a.losses]).toEqual([false, 1]);
  expect(await a.outcome).toBe("lost");
});

test("work that fails releases the lease and is reported", async () => {
  const [server, timers] = [createLeaseServer(), createManualTimers()];
  const elector = createLeaderElector({
    client: server.connect().client,
    namespace: "n",
    name: "l",
    identity: "a",
    timers,
    onLost: () => {},
  });
  const failing = elector.run(new AbortController().signal, () => Promise.reject(new Error("boom")));
  await expect(failing).rejects.toThrow("boom");
  expect(server.lease?.spec?.holderIdentity).toBe("");
});

test("bounds that would let two lead are refused", () => {
  const client = createLeaseServer().connect().client;
  const given = { client, namespace: "n", name: "l", identity: "a", onLost: () => {} };
  expect(() => createLeaderElector({ ...given, renewDeadlineMs: 20_000 })).toThrow(RangeError);
});
