import { createClockMap } from "./clock-map.ts";
import { createKeyIndex } from "./key-index.ts";

export interface OfKey {
  /** What an eviction names: the id of a key, or of a token. */
  readonly keyId: string;
}

/** What was known when a lookup began. */
export type LookupTicket = number;

/**
 * What one process remembers of secrets. Secrets are named by a digest of theirs, as a string.
 *
 * Exact under two rules that this object keeps itself: nothing is answered from memory unless `trustUntil` reaches
 * beyond now, and a lookup that began before an eviction of its key is not remembered (it may have read the state from
 * before the change). Both fail towards asking the database.
 */
export interface RecordCache<Found extends OfKey> {
  /**
   * What is remembered: `null` when the secret is known to be unknown, `undefined` when nothing can be told.
   * `nowMs` must have been read from the monotonic clock for this request, not before it came.
   */
  get(secret: string, nowMs: number): Found | null | undefined;
  /** What is remembered, for as long as the grace lasts: for when the database cannot be asked. Never `null`. */
  getInGrace(secret: string, nowMs: number): Found | undefined;
  /** To be called before the database is asked; one lookup answers one request, or a later one would get an old answer. */
  beginLookup(): LookupTicket;
  /** Remembers what the lookup found unless that may be out of date already. */
  endLookup(ticket: LookupTicket, secret: string, end: { readonly found: Found | null; readonly nowMs: number }): void;
  /** Forgets everything of the keys, and every secret known to be unknown. */
  evict(keyIds: readonly string[]): void;
  /** Forgets everything, and what is being looked up right now. */
  dropAll(): void;
  /** Lets memory be trusted until then (monotonic clock). Never shortens: see `distrust`. */
  trustUntil(untilMs: number): void;
  /** Ends the trust at once. */
  distrust(): void;
  /** Until when memory is trusted; negative infinity when it is not. */
  readonly trustedUntilMs: number;
  /** How many secrets are remembered, with those known to be unknown. */
  readonly size: number;
  /** How much memory the records take, by `bytesOf`. */
  readonly bytes: number;
}

export interface RecordCacheSettings<Found> {
  /** How many records are remembered. */
  readonly entriesMax: number;
  /** How much memory they may take together, by `bytesOf`: who makes records large makes them fewer. */
  readonly bytesMax?: number;
  /** About how much memory a record takes; asked once for each. Without it, bytes are not counted. */
  readonly bytesOf?: (found: Found) => number;
  /** How many unknown secrets are remembered. */
  readonly unknownMax?: number;
  /** For how long a secret stays known to be unknown when no change of any key comes first. */
  readonly unknownForMs?: number;
  /** For how long after the trust has ended `getInGrace` answers. Whoever waits for this replica must wait for it. */
  readonly graceMs?: number;
}

/** How many evicted keys are told apart while lookups are under way; beyond it, no lookup under way is remembered. */
const EVICTED_MAX = 1000;

export const createRecordCache = <Found extends OfKey>(settings: RecordCacheSettings<Found>): RecordCache<Found> => {
  const { entriesMax, bytesMax, bytesOf, unknownMax = 10_000, unknownForMs = 1000, graceMs = 0 } = settings;
  const index = createKeyIndex();
  const records = createClockMap<Found>({
    entriesMax,
    ...(bytesMax !== undefined && { weightMax: bytesMax }),
    ...(bytesOf !== undefined && { weigh: bytesOf }),
    onGone: (secret, { keyId }) => index.remove(keyId, secret),
  });
  const unknownUntilMs = createClockMap<number>({ entriesMax: unknownMax, onGone: () => undefined });
  // Generations count evictions. A ticket is the generation in which its lookup began; keys that are not in `evictedIn`
  // were last evicted in `forgottenIn` or before.
  const evictedIn = new Map<string, number>();
  let generation = 0;
  let forgottenIn = 0;
  let trustedUntilMs = Number.NEGATIVE_INFINITY;

  const forgetKey = (keyId: string): void => {
    for (const secret of index.take(keyId)) records.delete(secret);
    evictedIn.set(keyId, generation);
  };

  const remember = (secret: string, found: Found): void => {
    // A secret never moves to another key; should it, the index must follow.
    const known = records.peek(secret);
    if (known !== undefined) index.remove(known.keyId, secret);
    records.set(secret, found);
    index.add(found.keyId, secret);
    unknownUntilMs.delete(secret);
  };

  const forgetUnderWay = (): void => {
    generation += 1;
    forgottenIn = generation;
    evictedIn.clear();
  };

  return Object.freeze({
    get: (secret: string, nowMs: number) => {
      // Not `nowMs >= …`: a clock that answers NaN must not be trusted either.
      if (!(nowMs < trustedUntilMs)) return undefined;
      const found = records.get(secret);
      if (found !== undefined) return found;
      const untilMs = unknownUntilMs.get(secret);
      return untilMs !== undefined && nowMs < untilMs ? null : undefined;
    },
    getInGrace: (secret: string, nowMs: number) => (nowMs < trustedUntilMs + graceMs ? records.get(secret) : undefined),
    beginLookup: () => generation,
    endLookup: (ticket: LookupTicket, secret: string, { found, nowMs }: { found: Found | null; nowMs: number }) => {
      if (found === null) {
        // It has no key that an eviction could name, so every eviction counts.
        if (ticket === generation) unknownUntilMs.set(secret, nowMs + unknownForMs);
        return;
      }
      if (ticket >= (evictedIn.get(found.keyId) ?? forgottenIn)) remember(secret, found);
    },
    evict: (keyIds: readonly string[]) => {
      if (keyIds.length === 0) return;
      generation += 1;
      for (const keyId of keyIds) forgetKey(keyId);
      unknownUntilMs.clear();
      if (evictedIn.size > EVICTED_MAX) forgetUnderWay();
    },
    dropAll: () => {
      records.clear();
      index.clear();
      unknownUntilMs.clear();
      forgetUnderWay();
    },
    trustUntil: (untilMs: number) => {
      if (untilMs > trustedUntilMs) trustedUntilMs = untilMs;
    },
    distrust: () => {
      trustedUntilMs = Number.NEGATIVE_INFINITY;
    },
    get trustedUntilMs() {
      return trustedUntilMs;
    },
    get size() {
      return records.size + unknownUntilMs.size;
    },
    get bytes() {
      return records.weight;
    },
  });
};
