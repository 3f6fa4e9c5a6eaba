import type { LeaseTerms } from "@itsy/core";
import { seededRandom } from "../seeded-random.ts";
import { actOn } from "./act.ts";
import { createDatabase, type Database } from "./database.ts";
import { type ChangeRecord, findViolations, type History, type Violation } from "./history.ts";
import type { Log } from "./log.ts";
import { createConnection, type Delay } from "./network.ts";
import { createNode, type Node } from "./node.ts";
import { createProcess } from "./process.ts";
import type { Step } from "./step.ts";
import { simulatedTerms } from "./terms.ts";
import { asDesigned, type Variant } from "./variants.ts";
import { createWorld, type World } from "./world.ts";

export const KEYS = ["k0", "k1"] as const;
const NODES_MAX = 4;

interface TraceLine {
  readonly tick: number;
  readonly text: string;
}

export interface Simulation {
  readonly world: World;
  readonly database: Database;
  readonly history: History;
  /** Those that live. */
  nodes(): readonly Node[];
  /** What happened, line by line; empty unless asked for. */
  readonly trace: readonly TraceLine[];
  /** Does the step, as the next thing that happens. */
  take(step: Step): void;
  /** Asks that share of the replicas for the keys, as the next thing that happens. */
  ask(keyIds: readonly string[], share: number): void;
  findViolations(): readonly Violation[];
}

export interface SimulationSettings {
  /** Speeds of the clocks, one for each process, in turn; and so many replicas there are at first. */
  readonly clockRates: readonly number[];
  readonly seed: number;
  readonly variant?: Variant;
  readonly isTraced?: boolean;
  readonly terms?: LeaseTerms;
}

/** A database that breaks down, and comes back when the last of its troubles is over. */
const createBreakDown = (world: World, database: Database) => {
  let downUntilMs = 0;
  return (forMs: number) => {
    downUntilMs = Math.max(downUntilMs, world.nowMs + forMs);
    database.isDown = true;
    world.after(forMs, () => {
      database.isDown = world.nowMs < downUntilMs;
    });
  };
};

export const createSimulation = (settings: SimulationSettings): Simulation => {
  const { clockRates, seed, variant = asDesigned, isTraced = false } = settings;
  const terms = settings.terms ?? variant.terms ?? simulatedTerms;
  const world = createWorld();
  const random = seededRandom(seed);
  const database = createDatabase(KEYS);
  const breakDown = createBreakDown(world, database);
  const history: History = { changes: [], verifies: [] };
  const trace: TraceLine[] = [];
  const all: Node[] = [];
  const log: Log = (line) => {
    if (isTraced) trace.push({ tick: world.tick, text: `${world.nowMs.toFixed(1).padStart(7)} ms  ${line()}` });
  };
  const nodes = () => all.filter(({ process }) => process.isAlive);

  // Not all replicas are asked: an answer from the database refreshes the memory.
  const ask = (keyIds: readonly string[], share: number) =>
    world.after(0, () => {
      for (const node of nodes()) for (const keyId of keyIds) if (random() < share) node.verify(keyId);
    });

  // Whoever is asked right after the return, or a little later, must know.
  const onReturn = ({ keyId, effectiveEverywhere }: ChangeRecord) => {
    if (!effectiveEverywhere) return;
    for (const laterMs of [0, 20 * random(), 120 * random()]) world.after(laterMs, () => ask([keyId], 0.5));
  };

  const join = (delay?: Delay) => {
    if (nodes().filter(({ hasLeft }) => !hasLeft).length >= NODES_MAX) return;
    const name = `n${all.length}`;
    const nodeLog: Log = (line) => log(() => `${name}: ${line()}`);
    const process = createProcess({ world, random, clockRate: clockRates[all.length % clockRates.length] ?? 1 });
    const connection = createConnection({ world, database, process, random, log: nodeLog });
    if (delay !== undefined) connection.delay(delay);
    all.push(createNode({ name, world, process, connection, terms, variant, history, log: nodeLog, onReturn }));
  };

  const act = (step: Step) => {
    world.stir();
    log(() => JSON.stringify(step));
    if (step.do === "join") return join(step.delay);
    if (step.do === "down") return breakDown(step.forMs);
    const living = nodes();
    const node = living.at(step.node % living.length);
    if (node !== undefined) actOn(node, step, KEYS);
  };

  const take = (step: Step) => world.after(0, () => act(step));

  for (const _ of clockRates) join();
  return { world, database, history, nodes, trace, take, ask, findViolations: () => findViolations(history) };
};
