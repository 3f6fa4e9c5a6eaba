import { setTimeout as sleep } from "node:timers/promises";

import { type ApiKey, conditionOf } from "../src/api-key.ts";
import type { Program } from "../src/program.ts";
import { readMetrics } from "./reconciler-metrics.ts";

/** Each asking costs the reconciler a few milliseconds. */
const ASK_EVERY_MS = 500;

/**
 * Resolves when no ApiKey waits for the reconciler any more, and at most one is being worked on. A watch of many
 * thousands would tell sooner, and cost as much as a part of what is measured: whether all of them are Ready is looked
 * up afterwards.
 */
export const crowdIsServed = async (program: Program): Promise<void> => {
  const names = ["workqueue_depth", "controller_runtime_active_workers"] as const;
  for (;;) {
    const { workqueue_depth: waiting, controller_runtime_active_workers: active } = await readMetrics(program, names);
    if (waiting === 0 && active <= 1) return;
    await sleep(ASK_EVERY_MS);
  }
};

/** When they became Ready as their conditions say: whole seconds, in order. @throws Error unless all of them are. */
export const readySeconds = (apiKeys: readonly ApiKey[]): readonly number[] =>
  apiKeys
    .map((apiKey) => {
      const ready = conditionOf(apiKey, "Ready");
      if (ready?.status !== "True") throw new Error(`${apiKey.metadata.name} is not Ready`);
      return Date.parse(ready.lastTransitionTime) / 1000;
    })
    .toSorted((a, b) => a - b);
