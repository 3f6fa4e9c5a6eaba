import { setImmediate as turn } from "node:timers/promises";
import { Secrets } from "@itsy/controller-runtime";

import { annotations } from "../../src/api-key/names.ts";
import { ApiKeys } from "../../src/api-key/resource.ts";
import { createJudge, Violation } from "./judge.ts";
import { doMove } from "./moves.ts";
import type { Variant } from "./variants.ts";
import { createWorld, OBJECT, type World } from "./world.ts";

export interface Schedule {
  readonly overlap: string;
  /** What happens next, each a number for `doMove`. */
  readonly choices: readonly number[];
}

const ROUNDS_MAX = 12;
const CALLS_MAX = 400;

/** Until everything that can go on without an answer has. */
const settle = async ({ processes }: World): Promise<void> => {
  await turn();
  for (const { defects } of processes) {
    const [defect] = defects;
    if (defect !== undefined)
      throw new Violation(`a reconciler threw: ${defect instanceof Error ? defect.message : "no error"}`, {
        cause: defect,
      });
  }
};

/** Everything that was sent arrives, and both look until nothing changes any more. */
const comeToRest = async (world: World, afterStep: () => void): Promise<void> => {
  const deliverAll = async () => {
    for (let calls = 0; world.network.calls.length > 0; calls += 1) {
      if (calls > CALLS_MAX) throw new Violation("it goes on and on");
      const [call] = world.network.calls;
      world.trace.push(`${call?.from}: ${call?.what}`);
      if (call?.isApplied === false) await call.apply();
      afterStep();
      call?.answer();
      await settle(world);
    }
  };
  await deliverAll();
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const before = world.apiServer.writes.length;
    for (const one of world.processes) {
      one.sync();
      one.start();
      await settle(world);
      await deliverAll();
    }
    world.apiServer.collectGarbage(Secrets, ApiKeys);
    if (world.apiServer.writes.length === before) return;
  }
  throw new Violation("it writes and writes");
};

/** A person puts right what a person did. */
const putRight = (world: World) => {
  world.trace.push("a person puts right what persons did");
  world.state.isGranted = true;
  if (world.apiServer.get(ApiKeys, OBJECT) === null) return;
  world.disturbances.count += 1;
  world.state.requests += 1;
  world.apiServer.mergePatch(ApiKeys, OBJECT, {
    metadata: { annotations: { [annotations.rotateRequestedAt]: "at last" } },
  });
};

const OVERLAPS_OVER_MS = 24 * 60 * 60_000;

/** @returns the broken promise; `null` when all held. */
export const runSchedule = async (
  { overlap, choices }: Schedule,
  variant?: Variant,
): Promise<{ readonly violation: Violation | null; readonly trace: readonly string[] }> => {
  const world = createWorld({ overlap, ...(variant && { variant }) });
  const judge = createJudge(world);
  world.createApiKey();
  try {
    for (const choice of choices) {
      await doMove(world, choice);
      await settle(world);
      judge.afterStep();
    }
    await comeToRest(world, judge.afterStep);
    putRight(world);
    await comeToRest(world, judge.afterStep);
    world.trace.push("a day passes");
    world.advance(OVERLAPS_OVER_MS);
    await comeToRest(world, judge.afterStep);
    judge.atRest();
    return { violation: null, trace: world.trace };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { violation: error, trace: world.trace };
  }
};
