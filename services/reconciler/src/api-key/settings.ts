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
    permissions: spec.permissions,
    ipRules: spec.ipRules,
  };
};

const instantOf = (timestamp: string | null): number | null => (timestamp === null ? null : Date.parse(timestamp));

const isSameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.every((member) => other.includes(member)) && other.every((member) => one.includes(member));

/** Whether the service has other settings than the manifest. */
export const settingsDiffer = (wanted: DeliverySettings, actual: DeliverySettings, pausedByPerson: boolean): boolean =>
  wanted.name !== actual.name ||
  wanted.requestsPerMinute !== actual.requestsPerMinute ||
  !isSameSet(wanted.permissions, actual.permissions) ||
  !isSameSet(wanted.ipRules, actual.ipRules) ||
  instantOf(wanted.expiresAt) !== instantOf(actual.expiresAt) ||
  // A person's pause stands whatever the manifest says; asking again would change nothing.
  (!pausedByPerson && wanted.paused !== actual.paused);
