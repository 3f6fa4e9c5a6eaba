import { randomBytes } from "node:crypto";

import { type Clock, createKeys, type Database } from "@itsy/core";
import { createPepperRing, defaultSecretFormat } from "@itsy/key-format";

import { createUlidSource } from "../../src/adapters/ids.ts";

const peppers = createPepperRing([{ version: 1, pepper: Buffer.alloc(32, 1) }]);

/** The use-cases of keys on a database, without a service around them. */
export const keyUseCases = (database: Database, clock: Clock) =>
  createKeys({
    database,
    clock,
    ids: createUlidSource(clock),
    format: defaultSecretFormat,
    peppers,
    random: randomBytes,
  });
