import { isShowable, USAGE_POINTS_MAX, type UsageInput } from "@itsy/contract";

import { DomainError } from "../errors.ts";
import type { UsageRange } from "../ports.ts";
import { HOUR_MS } from "./hour.ts";

const DAY_MS = 24 * HOUR_MS;
const steps = { hour: { ms: HOUR_MS, usual: 24 }, day: { ms: DAY_MS, usual: 30 } } as const;

/** @throws DomainError `INVALID_INPUT` for a range that is empty, too long, or at an end of the years 0000 to 9999. */
export const usageRange = ({ by, from, to }: Pick<UsageInput, "by" | "from" | "to">, now: Date): UsageRange => {
  const { ms, usual } = steps[by];
  const endMs = to === undefined ? (Math.floor(now.getTime() / ms) + 1) * ms : Math.ceil(Date.parse(to) / ms) * ms;
  const startMs = from === undefined ? endMs - usual * ms : Math.floor(Date.parse(from) / ms) * ms;
  if (startMs >= endMs) throw new DomainError("INVALID_INPUT", "from must be before to");
  // Whole steps reach further than what was asked for.
  if (!isShowable(startMs) || !isShowable(endMs)) {
    throw new DomainError("INVALID_INPUT", `every ${by} must begin and end in the years 0000 to 9999`);
  }
  if ((endMs - startMs) / ms > USAGE_POINTS_MAX[by]) {
    throw new DomainError("INVALID_INPUT", `from and to are more than ${USAGE_POINTS_MAX[by]} ${by}s apart`);
  }
  return { from: new Date(startMs), to: new Date(endMs), stepMs: ms };
};
