import type { DeliverySettings } from "@itsy/contract";

import type { ApiKeySpec } from "./spec.ts";

/** The settings that the manifest asks for. */
export const settingsOf = (spec: ApiKeySpec): DeliverySettings => ({
  name: spec.displayName,
  requestsPerMinute: spec.rateLimit.requestsPerMinute,
  expiresAt: spec.expiresAt === undefined ? null : new Date(spec.expiresAt).toISOString(),
  paused: spec.paused,
});

const instantOf = (timestamp: string | null): number | null => (timestamp === null ? null : Date.parse(timestamp));

/** Whether the service has other settings than the manifest. */
export const settingsDiffer = (wanted: DeliverySettings, actual: DeliverySettings, pausedByPerson: boolean): boolean =>
  wanted.name !== actual.name ||
  wanted.requestsPerMinute !== actual.requestsPerMinute ||
  instantOf(wanted.expiresAt) !== instantOf(actual.expiresAt) ||
  // A person's pause stands whatever the manifest says; asking again would change nothing.
  (!pausedByPerson && wanted.paused !== actual.paused);
