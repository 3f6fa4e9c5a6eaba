import { REQUESTS_PER_MINUTE_DEFAULT } from "@itsy/contract";
import type { Delta } from "@itsy/controller-runtime";

import type { ApiKey, StoredApiKey } from "../api-key/resource.ts";

/** What an ApiKey asks of grants. */
export interface Claim {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** `metadata.creationTimestamp`: whole seconds. */
  readonly createdAt: string;
  readonly workspace: string;
  readonly environment: ApiKey["spec"]["environment"];
  readonly requestsPerMinute: number;
}

/** Claims in lines, the oldest of each line first. */
export interface Claims {
  readonly of: (line: string) => readonly Claim[];
  readonly apply: (delta: Delta<StoredApiKey>) => void;
}

export const claimOf = ({ metadata, spec }: StoredApiKey): Claim => ({
  uid: metadata.uid,
  namespace: metadata.namespace ?? "",
  name: metadata.name,
  createdAt: metadata.creationTimestamp,
  workspace: spec.workspace,
  environment: spec.environment,
  requestsPerMinute: spec.rateLimit?.requestsPerMinute ?? REQUESTS_PER_MINUTE_DEFAULT,
});

/** By creation; of the same second by namespace and name, so that the order never changes. */
export const isOlder = (a: Claim, b: Claim): boolean => {
  // Field by field: a text of all of them would be made anew for each comparison.
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt;
  if (a.namespace !== b.namespace) return a.namespace < b.namespace;
  return a.name === b.name ? a.uid < b.uid : a.name < b.name;
};

/** Where the claim is in the line, or would have to be inserted. */
export const positionIn = (line: readonly Claim[], claim: Claim, comesBefore = isOlder): number => {
  let [low, high] = [0, line.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = line[middle];
    if (at !== undefined && comesBefore(at, claim)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** In the place of an earlier state of the same claim. */
export const putInLine = (line: Claim[], claim: Claim, comesBefore = isOlder): void => {
  const position = positionIn(line, claim, comesBefore);
  line.splice(position, line[position]?.uid === claim.uid ? 1 : 0, claim);
};

export const removeFromLine = (line: Claim[], claim: Claim, comesBefore = isOlder): void => {
  const position = positionIn(line, claim, comesBefore);
  if (line[position]?.uid === claim.uid) line.splice(position, 1);
};

export interface ClaimsOptions {
  /** In which line an ApiKey stands. Default: that of its workspace. */
  readonly lineOf?: (apiKey: StoredApiKey) => string;
  readonly isOlder?: typeof isOlder;
}

/**
 * Kept sorted as ApiKeys come and go, so that asking for one costs no pass over all: ten thousand of them are asked for
 * one after another.
 */
export const createClaims = (options: ClaimsOptions = {}): Claims => {
  const { lineOf = ({ spec }: StoredApiKey) => spec.workspace } = options;
  const lines = new Map<string, Claim[]>();

  const put = (apiKey: StoredApiKey): void => {
    const line = lines.get(lineOf(apiKey)) ?? [];
    lines.set(lineOf(apiKey), line);
    putInLine(line, claimOf(apiKey), options.isOlder);
  };

  const remove = (apiKey: StoredApiKey): void => {
    const line = lines.get(lineOf(apiKey)) ?? [];
    removeFromLine(line, claimOf(apiKey), options.isOlder);
    if (line.length === 0) lines.delete(lineOf(apiKey));
  };

  return Object.freeze({
    of: (line: string) => lines.get(line) ?? [],
    apply: (delta: Delta<StoredApiKey>) => {
      if (delta.type === "deleted" || (delta.type === "updated" && lineOf(delta.old) !== lineOf(delta.object)))
        remove(delta.old);
      if (delta.type !== "deleted") put(delta.object);
    },
  });
};
