import type { MigrationInterface } from "typeorm";

import { CreateTables1795305600000 } from "./1795305600000-create-tables.ts";
import { CreateChangeFeed1795348800000 } from "./1795348800000-create-change-feed.ts";
import { Lifecycle1797984000000 } from "./1797984000000-lifecycle.ts";
import { KeyRate1798000000000 } from "./1798000000000-key-rate.ts";
import { Usage1798100000000 } from "./1798100000000-usage.ts";
import { Quota1798100000001 } from "./1798100000001-quota.ts";
import { Permissions1798200000000 } from "./1798200000000-permissions.ts";
import { PeppersAndLeaks1798300000000 } from "./1798300000000-peppers-and-leaks.ts";
import { ListsAtAnySize1798400000000 } from "./1798400000000-lists-at-any-size.ts";
import { DefaultKeyLifetime1798500000000 } from "./1798500000000-default-key-lifetime.ts";

/** The table in which TypeORM remembers what was run. */
export const MIGRATIONS_TABLE = "schema_migrations";

/** All migrations, the oldest first. A new one is added at the end and never changed once released. */
export const migrations: (new () => MigrationInterface)[] = [
  CreateTables1795305600000,
  CreateChangeFeed1795348800000,
  Lifecycle1797984000000,
  KeyRate1798000000000,
  Usage1798100000000,
  Quota1798100000001,
  Permissions1798200000000,
  PeppersAndLeaks1798300000000,
  ListsAtAnySize1798400000000,
  DefaultKeyLifetime1798500000000,
];
