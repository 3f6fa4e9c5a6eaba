import { createHash } from "node:crypto";

import { GROUP } from "../group.ts";

export const FINALIZER = `${GROUP}/release`;
/** Who owns the fields that the reconciler writes. */
export const FIELD_MANAGER = "itsy-reconciler";

/** Annotations. On the ApiKey: `rotateRequestedAt` and `secretNames`. On a staging Secret: `revision`. On the Secret: the others. */
export const annotations = Object.freeze({
  rotateRequestedAt: `${GROUP}/rotate-requested-at`,
  /** Names under which Secrets of the ApiKey may lie, with a space in between. */
  secretNames: `${GROUP}/secret-names`,
  /** The revision of the value in the Secret. */
  revision: `${GROUP}/revision`,
  keyId: `${GROUP}/key-id`,
  displayPrefix: `${GROUP}/display-prefix`,
  /** The key of the data under which the value lies. */
  dataKey: `${GROUP}/data-key`,
  /** The rotate request that this value answers. Written with the value: a crash cannot separate the two. */
  rotateHandled: `${GROUP}/rotate-handled`,
});

export const managedByLabel = Object.freeze({ "app.kubernetes.io/managed-by": "itsy-keys" });

/** The key of a staging Secret's data. */
export const STAGED_DATA_KEY = "secret";

const NAME_LENGTH_MAX = 253;
const HASH_LENGTH = 8;

/**
 * `<ApiKey>-staged-<first 8 characters of its uid>`: one name for whatever is staged for this object, whichever revision
 * it is of. So whoever stages meets what somebody else has staged, the API server picks one value, and what a crash
 * leaves behind is found by the next look, although Secrets cannot be listed. An ApiKey whose name is too long for that
 * is cut and told apart by a hash of the whole.
 */
export const stagingName = (apiKey: string, uid: string): string => {
  const suffix = `-staged-${uid.replaceAll("-", "").slice(0, 8)}`;
  if (apiKey.length + suffix.length <= NAME_LENGTH_MAX) return apiKey + suffix;
  const hash = createHash("sha256").update(apiKey).digest("hex").slice(0, HASH_LENGTH);
  const room = NAME_LENGTH_MAX - suffix.length - HASH_LENGTH - 1;
  return `${apiKey.slice(0, room).replace(/[^a-z0-9]+$/, "")}-${hash}${suffix}`;
};
