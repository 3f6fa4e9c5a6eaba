import type { MonotonicMs } from "./ports.ts";
import type { OfKey, RecordCache } from "./record-cache.ts";

export interface CachedLookupDeps<Found extends OfKey> {
  readonly cache: RecordCache<Found>;
  /** Asks the primary database, with a statement that begins after the call. */
  readonly lookup: (secret: string) => Promise<Found | null>;
  readonly monotonicMs: MonotonicMs;
  /** Whether the database is known not to answer: what the grace allows is then served at once. */
  readonly isCutOff: () => boolean;
}

/**
 * Answers from memory, at once, where memory can be trusted; else asks. When the database cannot be asked, what is
 * remembered is served while the grace lasts. Throws what `lookup` throws.
 */
export const createCachedLookup = <Found extends OfKey>(deps: CachedLookupDeps<Found>) => {
  const { cache, lookup, monotonicMs, isCutOff } = deps;

  // Requests never share a lookup: one that came after a change had returned would join one that read before it.
  const ask = async (secret: string): Promise<Found | null> => {
    const ticket = cache.beginLookup();
    try {
      const found = await lookup(secret);
      cache.endLookup(ticket, secret, { found, nowMs: monotonicMs() });
      return found;
    } catch (error) {
      // Looked at now: the grace may have ended, or the record been evicted, while nobody answered.
      const kept = cache.getInGrace(secret, monotonicMs());
      if (kept === undefined) throw error;
      return kept;
    }
  };

  return (secret: string): Found | null | Promise<Found | null> => {
    const nowMs = monotonicMs();
    const known = cache.get(secret, nowMs);
    if (known !== undefined) return known;
    return (isCutOff() ? cache.getInGrace(secret, nowMs) : undefined) ?? ask(secret);
  };
};
