import type { RingVerdict } from "@itsy/core";

import { SettingsError } from "../env.ts";
import type { Logger } from "../logger.ts";

/**
 * Ends the start where the peppers of the settings would make good keys unknown.
 * @throws SettingsError with versions and counts
 */
export const requireRing = ({ problems, warnings }: RingVerdict, logger: Pick<Logger, "warn">): void => {
  if (problems.length > 0) throw new SettingsError(problems.map((problem) => `PEPPERS, PEPPER_FILE: ${problem}`));
  for (const warning of warnings) logger.warn(warning);
};
