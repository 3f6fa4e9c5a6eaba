import fc from "fast-check";
import { describe, test } from "vitest";

import { databaseKinds } from "./database/fresh-database.ts";
import { detailCommands } from "./lifecycle-model/detail-commands.ts";
import { idempotentCommands } from "./lifecycle-model/idempotent-commands.ts";
import { keyCommands } from "./lifecycle-model/key-commands.ts";
import { manyCommands } from "./lifecycle-model/many-commands.ts";
import { projectCommands } from "./lifecycle-model/project-commands.ts";
import { type Real, world } from "./lifecycle-model/steps.ts";

/** `SEED` plays a run again; a failure tells the path to it, too. */
const SEED = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

const commands = [...keyCommands, ...detailCommands, ...idempotentCommands, ...manyCommands, ...projectCommands];

describe.each(databaseKinds)("the lifecycle on %s", (kind) => {
  test("whatever is done to keys in whatever order, every secret is judged as the model says", async () => {
    console.log(`SEED=${SEED}`);
    await using shared = await world(kind);
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: "max" }), async (sequence) => {
        const real: Real = { ...(await shared.fresh()), api: shared.api };
        await fc.asyncModelRun(
          () => ({ model: { nowMs: shared.api.clock.now().getTime(), keys: [], projects: new Map() }, real }),
          sequence,
        );
      }),
      { seed: SEED, numRuns: kind === "sqlite" ? 40 : 12 },
    );
  }, 300_000);
});
