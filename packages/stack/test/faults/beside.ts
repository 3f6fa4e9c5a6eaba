import { waitUntil } from "@itsy/testbed";
import { expect } from "vitest";

import type { Program } from "../../src/program.ts";
import { startProbe } from "../world/probe.ts";
import { startAnother, untilStruck } from "./reconcilers.ts";
import type { Place, Scenario } from "./scenario.ts";

/** The scenarios that two go through at once: the three ways on which values come and go. */
const CHOSEN: ReadonlySet<string> = new Set(["creating", "rotating", "deleting"]);

/** The points of effects of the protocol, each for the first time; of the other scenarios none. */
export const besidePoints = ({ name }: Scenario, points: readonly string[]): readonly string[] =>
  CHOSEN.has(name) ? points.filter((point) => /^(before|after|lost):[a-z]+$/i.test(point)) : [];

const WAKE_EVERY_MS = 50;

/** A process that stops itself once, whenever that is, goes on soon. */
const keepAwake = (program: Program): Disposable => {
  const timer = setInterval(() => void program.kill("SIGCONT"), WAKE_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
};

/**
 * Two go through the scenario at the same place at once. Whichever is the first at the effect, both are right before it
 * at the same time: one is struck at its point, and so long the other one stands before that effect, with what it knew by
 * then. Thus it is sure that the struck one gets there, and that the other one acts on an old view afterwards.
 */
export const strikeBeside = async (scenario: Scenario, place: Place, point: string): Promise<void> => {
  const { world } = place;
  const env = { WATCH_NAMESPACE: place.tenant.namespace };
  const [, effect] = point.split(":");
  await using probe = startProbe(place.tenant, place.name, { everyMs: 50 });
  await using struck = await startAnother(world, "struck", { ...env, ITSY_FAULT_AT: point, LOG_LEVEL: "trace" });
  await using other = await startAnother(world, "other", { ...env, ITSY_FAULT_AT: `stop:${effect}` });
  await Promise.all([struck, other].map((program) => program.logged("controller started")));
  await scenario.ask(place);
  await untilStruck(struck, point);
  using _ = keepAwake(other);
  await scenario.expectDone(place);
  expect(other.exit).toBeNull();
  const { rounds } = probe;
  await waitUntil(() => probe.rounds > rounds + 1, { what: "what is readable in the end was verified too" });
  expect(probe.broken).toEqual([]);
};
