import type { Everywhere } from "@itsy/contract";

import type { BarrierResult } from "./barrier-result.ts";

/** A result as the API shows it: whole milliseconds. */
export const everywhereOf = (result: BarrierResult): Everywhere => ({
  ...result,
  waitedMs: Math.ceil(result.waitedMs),
});
