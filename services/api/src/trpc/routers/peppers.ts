import type { Peppers } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const peppersRouter = (peppers: Peppers) =>
  routerOf("peppers", {
    report: peppers.report,
    holders: peppers.holders,
    retire: peppers.retire,
  });
