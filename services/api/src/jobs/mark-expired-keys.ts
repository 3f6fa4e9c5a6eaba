import type { Clock } from "@itsy/core";

import type { OpenDatabase } from "../database/open-database.ts";
import type { Logger } from "../logger.ts";
import { repeat } from "./repeat.ts";

/** More than the clocks of replicas differ by: none may find a key marked that has not expired for it. */
const SETTLED_MS = 60_000;
const EVERY_MS = 30_000;

export interface MarkExpiredKeysDeps {
  readonly storage: Pick<OpenDatabase, "markExpired">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}

/** Keeps lists of expired keys fast (`OpenDatabase.markExpired`); every replica does it, and finds little left to do. */
export const markExpiredKeys = ({ storage, clock, logger }: MarkExpiredKeysDeps): Disposable =>
  repeat({ what: "the marking of expired keys", everyMs: EVERY_MS, logger }, () =>
    storage.markExpired(new Date(clock.now().getTime() - SETTLED_MS)),
  );
