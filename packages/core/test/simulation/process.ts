import type { Timers } from "@itsy/core";

import type { Random } from "../seeded-random.ts";
import type { World } from "./world.ts";

/** A process: its clock goes at its own speed, and what reaches it while it is stopped waits. */
export interface Process {
  readonly isAlive: boolean;
  readonly isStopped: boolean;
  readonly timers: Timers;
  monotonicMs(): number;
  /** Runs in the process: now, when it goes on (in any order), or never. */
  deliver(run: () => void): void;
  /** SIGSTOP, and SIGCONT so many true milliseconds later. */
  stop(forMs: number): void;
  /** SIGKILL */
  kill(): void;
}

export interface ProcessSettings {
  readonly world: World;
  readonly random: Random;
  /** Milliseconds of its clock in a true millisecond. */
  readonly clockRate: number;
}

export const createProcess = ({ world, random, clockRate }: ProcessSettings): Process => {
  const offsetMs = Math.floor(random() * 1_000_000);
  let isAlive = true;
  let goesOnAtMs = 0;
  const waiting: (() => void)[] = [];
  const isStopped = () => world.nowMs < goesOnAtMs;

  const deliver = (run: () => void): void => {
    if (!isAlive) return;
    if (isStopped()) waiting.push(run);
    else {
      world.stir();
      run();
    }
  };

  const goOn = (): void => {
    if (isStopped()) return;
    const due = waiting.splice(0).map((run) => ({ run, place: random() }));
    for (const { run } of due.sort((a, b) => a.place - b.place)) world.after(0, () => deliver(run));
  };

  return {
    get isAlive() {
      return isAlive;
    },
    get isStopped() {
      return isStopped();
    },
    timers: {
      after: (ms, run) => {
        let isCancelled = false;
        const unlessCancelled = () => {
          if (!isCancelled) run();
        };
        // Timers are late by a little, never early.
        world.after((ms + random()) / clockRate, () => deliver(unlessCancelled));
        return () => {
          isCancelled = true;
        };
      },
    },
    monotonicMs: () => offsetMs + world.nowMs * clockRate,
    deliver,
    stop: (forMs) => {
      goesOnAtMs = Math.max(goesOnAtMs, world.nowMs + forMs);
      world.after(goesOnAtMs - world.nowMs, goOn);
    },
    kill: () => {
      isAlive = false;
    },
  };
};
