import type { DeliverySettings } from "@itsy/contract";

import type { Observed } from "./observed.ts";
import { wantedExpiry } from "./rotation/expiry.ts";

/** The settings that the manifest asks for. */
export const settingsOf = (observed: Pick<Observed, "apiKey" | "spec" | "view">): DeliverySettings => {
  const { spec, view } = observed;
  return {
    name: spec.displayName,
    requestsPerMinute: spec.rateLimit.requestsPerMinute,
    expiresAt: wantedExpiry(observed, view.key?.rotatedAt ?? null),
    paused: spec.paused,
  };
};

const instantOf = (timestamp: string | null): number | null => (timestamp === null ? null : Date.parse(timestamp));

/** Whether the service has other settings than the manifest. */
export const settingsDiffer = (wanted: DeliverySettings, actual: DeliverySettings, pausedByPerson: boolean): boolean =>
  wanted.name !== actual.name ||
  wanted.requestsPerMinute !== actual.requestsPerMinute ||
  instantOf(wanted.expiresAt) !== instantOf(actual.expiresAt) ||
  // A person's pause stands whatever the manifest says; asking again would change nothing.
  (!pausedByPerson && wanted.paused !== actual.paused);
