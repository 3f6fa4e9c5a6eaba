import type { KeyMetadata } from "@itsy/contract";

/** By name, so that equal metadata are equal as text. */
export const sortedMetadata = (metadata: KeyMetadata): KeyMetadata =>
  Object.fromEntries(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1)));
