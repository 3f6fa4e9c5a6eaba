import { setTimeout as delay } from "node:timers/promises";

import type { Installation } from "./installation.ts";

export interface Havoc {
  freezes: number;
  kills: number;
  databaseRestarts: number;
}

export interface ChaosOptions {
  readonly random: () => number;
  /** Every so many disturbances the database is killed, too. */
  readonly databaseEvery: number;
  readonly signal: AbortSignal;
}

const between = (random: () => number, min: number, max: number) => min + random() * (max - min);

/** Freezes, kills and restarts replicas and the database, one at a time, until the signal. All is well when it resolves. */
export const wreakHavoc = async ({ server, replicas }: Installation, options: ChaosOptions): Promise<Havoc> => {
  const { random, databaseEvery, signal } = options;
  const havoc: Havoc = { freezes: 0, kills: 0, databaseRestarts: 0 };
  for (let turn = 1; !signal.aborted; turn += 1) {
    const replica = replicas[Math.floor(random() * replicas.length)];
    if (turn % databaseEvery === 0) {
      await server.kill();
      await delay(between(random, 0, 1500));
      await server.start();
      havoc.databaseRestarts += 1;
    } else if (random() < 0.6) {
      await replica?.freeze(between(random, 100, 3500));
      havoc.freezes += 1;
    } else {
      await replica?.restart();
      havoc.kills += 1;
    }
    await delay(between(random, 0, 700));
  }
  return havoc;
};
