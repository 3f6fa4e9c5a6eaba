import type { UsageCount } from "@itsy/core";
import type { EntityManager } from "typeorm";

import type { UsageMonthRow } from "../schema/usage.ts";

export const hours = (manager: EntityManager) => manager.getRepository<UsageCount>("usage_hours");
export const months = (manager: EntityManager) => manager.getRepository<UsageMonthRow>("usage_months");

/** Rows, or ids, in one statement. */
const ROWS_MAX = 500;

export const partsOf = <Row>(rows: readonly Row[]): readonly (readonly Row[])[] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_MAX) }, (_, part) =>
    rows.slice(part * ROWS_MAX, (part + 1) * ROWS_MAX),
  );
