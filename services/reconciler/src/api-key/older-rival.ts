import type { Store } from "@itsy/controller-runtime";

import { claimOf, isOlder } from "../grant/claims.ts";
import type { ApiKey, StoredApiKey } from "./resource.ts";

/** The index of the ApiKeys' store: by the Secret that they want. */
export const BY_TARGET = "target";

export const wantedTarget = ({ metadata, spec }: StoredApiKey): string =>
  `${metadata.namespace}/${spec.secret?.name ?? metadata.name}`;

/** Every ApiKey that wants the same Secret, itself among them. */
export const rivalsOf = (apiKeys: Store<ApiKey>, apiKey: StoredApiKey): readonly StoredApiKey[] =>
  apiKeys.byIndex(BY_TARGET, wantedTarget(apiKey));

/** The name of the oldest one that is older than this; `null` when there is none. */
export const createOlderRival =
  (apiKeys: Store<ApiKey>) =>
  (apiKey: StoredApiKey): string | null => {
    const claim = claimOf(apiKey);
    const older = rivalsOf(apiKeys, apiKey)
      .map(claimOf)
      .filter((other) => isOlder(other, claim))
      .reduce<ReturnType<typeof claimOf> | null>(
        (first, other) => (first && isOlder(first, other) ? first : other),
        null,
      );
    return older?.name ?? null;
  };
