import { randomBytes } from "node:crypto";

import type { Clock, Database } from "@itsy/core";
import { createPepperRing, defaultSecretFormat } from "@itsy/key-format";

import { createUlidSource } from "../../src/adapters/ids.ts";

const onePepper = createPepperRing([{ version: 1, pepper: Buffer.alloc(32, 1) }]);

/** What use-cases need, on a database and without a service around them. */
export const useCaseDeps = (database: Database, clock: Clock, peppers = onePepper) => ({
  database,
  clock,
  ids: createUlidSource(clock),
  format: defaultSecretFormat,
  peppers,
  random: randomBytes,
});
