import { z } from "zod";

import { RefusalCode } from "./verification.ts";

/** How a request of a known key was answered: accepted (`VALID`), or why not. What names no key is counted nowhere. */
export const UsageOutcome = z.enum(["VALID", ...RefusalCode.exclude(["NOT_FOUND"]).options]);
export type UsageOutcome = z.infer<typeof UsageOutcome>;
