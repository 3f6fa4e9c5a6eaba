import type { DeliverySettings } from "@itsy/contract";

import type { ApiKey } from "../entities.ts";
import { instantTextOrNull } from "../instant-text.ts";
import { sameSet, sortedSet } from "../keys/sorted-set.ts";
import type { ApiKeyChange } from "../ports.ts";

/** A key's configuration as its manifest would write it. */
export const settingsOf = (key: ApiKey): DeliverySettings => ({
  name: key.name,
  requestsPerMinute: key.requestsPerMinute,
  expiresAt: instantTextOrNull(key.expiresAt),
  paused: key.pausedBy === "manifest",
  permissions: [...key.permissions],
  ipRules: [...key.ipRules],
});

/** A pause by a person outlives whatever the manifest says. */
const pause = (
  key: Pick<ApiKey, "pausedAt" | "pausedBy">,
  paused: boolean,
  now: Date,
): Pick<ApiKey, "pausedAt" | "pausedBy"> => {
  if (key.pausedBy === "person") return { pausedAt: key.pausedAt, pausedBy: key.pausedBy };
  return paused ? { pausedAt: key.pausedAt ?? now, pausedBy: "manifest" } : { pausedAt: null, pausedBy: null };
};

const UNPAUSED = { pausedAt: null, pausedBy: null };

/** The columns that settings set on a key; `null` is a key that is about to be created. */
export const columnsOf = (settings: DeliverySettings, key: ApiKey | null, now: Date) =>
  ({
    name: settings.name,
    requestsPerMinute: settings.requestsPerMinute,
    expiresAt: settings.expiresAt === null ? null : new Date(settings.expiresAt),
    permissions: sortedSet(settings.permissions),
    ipRules: sortedSet(settings.ipRules),
    ...pause(key ?? UNPAUSED, settings.paused, now),
  }) satisfies ApiKeyChange;

/** Whether writing the settings would change anything. */
export const differs = (key: ApiKey, settings: DeliverySettings): boolean => {
  const wanted = columnsOf(settings, key, new Date(0));
  return (
    key.name !== wanted.name ||
    key.requestsPerMinute !== wanted.requestsPerMinute ||
    key.expiresAt?.getTime() !== wanted.expiresAt?.getTime() ||
    key.pausedBy !== wanted.pausedBy ||
    !sameSet(key.permissions, wanted.permissions) ||
    !sameSet(key.ipRules, wanted.ipRules)
  );
};
