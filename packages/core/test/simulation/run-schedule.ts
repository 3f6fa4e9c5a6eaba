import type { Schedule } from "./schedule.ts";
import { createSimulation, KEYS, type Simulation, type SimulationSettings } from "./simulation.ts";

/** Long enough for leases, and for what a schedule left hanging. */
const AFTERMATH_MS = 300;

/** Three replicas that know the keys, then the schedule, then requests to all of them. */
export const runSchedule = async (
  schedule: Schedule,
  options: Pick<SimulationSettings, "variant" | "isTraced"> = {},
): Promise<Simulation> => {
  const simulation = createSimulation({ ...schedule, ...options });
  const { world, ask, take } = simulation;
  const askAll = () => ask(KEYS, 1);
  await world.runUntil(10);
  askAll();
  await world.runUntil(15);
  for (const { afterMs, step } of schedule.steps) {
    await world.runUntil(world.nowMs + afterMs);
    take(step);
  }
  for (let restMs = AFTERMATH_MS; restMs > 0; restMs -= 60) {
    await world.runUntil(world.nowMs + 60);
    askAll();
  }
  await world.runUntil(world.nowMs + 5);
  return simulation;
};
