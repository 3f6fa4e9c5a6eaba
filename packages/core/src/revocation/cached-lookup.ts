import type { MonotonicMs } from "./ports.ts";
import type { OfKey, RecordCache } from "./record-cache.ts";

export interface CachedLookupDeps<Found extends OfKey> {
  readonly cache: RecordCache<Found>;
  /** Asks the primary database, with a statement that begins after the call. */
  readonly lookup: (secret: string) => Promise<Found | null>;
  readonly monotonicMs: MonotonicMs;
}

/** Answers from memory, at once, where memory can be trusted; else asks. Throws what `lookup` throws. */
export const createCachedLookup = <Found extends OfKey>({ cache, lookup, monotonicMs }: CachedLookupDeps<Found>) => {
  // Requests never share a lookup: one that came after a change had returned would join one that read before it.
  const ask = async (secret: string): Promise<Found | null> => {
    const ticket = cache.beginLookup();
    const found = await lookup(secret);
    cache.endLookup(ticket, secret, { found, nowMs: monotonicMs() });
    return found;
  };

  return (secret: string): Found | null | Promise<Found | null> => {
    const known = cache.get(secret, monotonicMs());
    return known === undefined ? ask(secret) : known;
  };
};
