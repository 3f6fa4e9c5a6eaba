import type { PepperRing, RandomBytes, SecretFormat } from "@itsy/key-format";

import type { Clock, Database, IdSource } from "./ports.ts";

/** What the use-cases are given, once, by `main.ts`. */
export interface DomainDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly format: SecretFormat;
  readonly peppers: PepperRing;
  readonly random: RandomBytes;
}
