import { type Clock, createKeys, type Database } from "@itsy/core";

import { useCaseDeps } from "./use-case-deps.ts";

/** The use-cases of keys on a database, without a service around them. */
export const keyUseCases = (database: Database, clock: Clock) => createKeys(useCaseDeps(database, clock));
