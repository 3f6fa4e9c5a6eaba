import type { LeaseTerms, MonotonicMs, RecordCache } from "@itsy/core";
import { ANY_BEAT, type KeyRow, type Statements } from "./database.ts";
import { simulatedTerms, termsWithGrace } from "./terms.ts";

/** Asks for one statement; what the store's methods are made of. */
export type Calls = {
  [Name in keyof Statements]: (...args: Parameters<Statements[Name]>) => Promise<ReturnType<Statements[Name]>>;
};

/** What the product's code is given in a simulated process. A variant breaks one rule by changing it. */
export interface Parts {
  calls: Calls;
  cache: RecordCache<KeyRow>;
  monotonicMs: MonotonicMs;
  /** Told of the rows of a commit, before the barrier is. */
  onCommit: (changeIds: readonly string[]) => void;
  /** Wraps the lookups of one process. */
  lookup: (secret: string) => Promise<KeyRow | null>;
}

export interface Variant {
  readonly name: string;
  /** Default: `simulatedTerms`. */
  readonly terms?: LeaseTerms;
  readonly alter: (parts: Parts, tools: VariantTools) => Partial<Parts>;
}

export interface VariantTools {
  readonly leaseMs: number;
}

const withCache = (cache: RecordCache<KeyRow>, changed: Partial<RecordCache<KeyRow>>): RecordCache<KeyRow> => {
  // The getters must go on reading the real one.
  const altered: RecordCache<KeyRow> = Object.create(cache);
  return Object.defineProperties(altered, Object.getOwnPropertyDescriptors(changed));
};

export const asDesigned: Variant = { name: "as designed", alter: () => ({}) };

export const asDesignedWithGrace: Variant = { ...asDesigned, terms: termsWithGrace };

/** Each breaks one rule of the design. The simulation must find every one out. */
export const brokenVariants: readonly Variant[] = [
  {
    name: "evicts after the renewal",
    alter: ({ calls, cache }) => {
      let late: readonly string[] = [];
      return {
        cache: withCache(cache, {
          evict: (keyIds) => {
            late = keyIds;
          },
        }),
        calls: {
          ...calls,
          renewReplica: async (row) => {
            const renewed = await calls.renewReplica(row);
            const keyIds = late;
            // Time passes between the answer and the eviction.
            const evict = () => cache.evict(keyIds);
            void calls.findKey("").then(evict, evict);
            return renewed;
          },
        },
      };
    },
  },
  {
    name: "reads the changes before its own beat, not with it",
    alter: ({ calls }) => ({
      calls: {
        ...calls,
        poll: async (id) => {
          const early = await calls.poll(id);
          const late = await calls.poll(id);
          return early && late && { beat: late.beat, changes: early.changes };
        },
      },
    }),
  },
  {
    name: "remembers a lookup that began before the eviction",
    alter: ({ cache }) => ({
      cache: withCache(cache, {
        endLookup: (_, secret, end) => cache.endLookup(cache.beginLookup(), secret, end),
      }),
    }),
  },
  {
    name: "counts the lease from after the renewal",
    alter: ({ cache, monotonicMs }, { leaseMs }) => ({
      cache: withCache(cache, { trustUntil: () => cache.trustUntil(monotonicMs() + leaseMs) }),
    }),
  },
  {
    name: "does not look at its lease",
    alter: ({ cache }) => ({
      cache: withCache(cache, { trustUntil: () => cache.trustUntil(Number.POSITIVE_INFINITY) }),
    }),
  },
  {
    name: "does not wait for a lease to run out",
    alter: ({ calls }) => ({
      calls: {
        ...calls,
        listReplicas: async () => (await calls.listReplicas()).map((row) => ({ ...row, leaseMs: row.leaseMs / 10 })),
      },
    }),
  },
  {
    name: "is waited for without its grace",
    terms: termsWithGrace,
    alter: ({ calls }) => ({
      calls: { ...calls, registerReplica: ({ id }) => calls.registerReplica({ id, leaseMs: simulatedTerms.leaseMs }) },
    }),
  },
  {
    name: "waits for a lease without a margin for clocks",
    alter: ({ calls }) => ({
      calls: {
        ...calls,
        listReplicas: async () => (await calls.listReplicas()).map((row) => ({ ...row, leaseMs: row.leaseMs / 1.1 })),
      },
    }),
  },
  {
    name: "keeps its memory when it was removed",
    alter: ({ cache }) => ({ cache: withCache(cache, { dropAll: () => undefined }) }),
  },
  {
    name: "drops its memory before it registers, and not after",
    alter: ({ calls, cache }) => ({
      cache: withCache(cache, { dropAll: () => undefined }),
      calls: {
        ...calls,
        registerReplica: (row) => {
          cache.dropAll();
          return calls.registerReplica(row);
        },
      },
    }),
  },
  {
    name: "deletes the change before the barrier",
    alter: ({ calls }) => ({ onCommit: (ids) => void calls.deleteChanges(ids).catch(() => undefined) }),
  },
  {
    name: "waits for one renewal instead of two",
    alter: ({ calls }) => ({
      calls: {
        ...calls,
        listReplicas: async () => (await calls.listReplicas()).map((row) => ({ ...row, beat: row.beat * 2 })),
        removeReplica: ({ id, beat }) => calls.removeReplica({ id, beat: beat / 2 }),
      },
    }),
  },
  {
    name: "renews whatever the beat is",
    alter: ({ calls }) => ({
      calls: { ...calls, renewReplica: ({ id }) => calls.renewReplica({ id, beat: ANY_BEAT }) },
    }),
  },
  {
    name: "removes a replica whatever its beat is",
    alter: ({ calls }) => ({
      calls: { ...calls, removeReplica: ({ id }) => calls.removeReplica({ id, beat: ANY_BEAT }) },
    }),
  },
  {
    name: "takes a beat for as old as the question, not the answer",
    alter: ({ calls, monotonicMs }) => {
      let askedMs: number | null = null;
      return {
        monotonicMs: () => {
          const nowMs = askedMs ?? monotonicMs();
          askedMs = null;
          return nowMs;
        },
        calls: {
          ...calls,
          listReplicas: async () => {
            const nowMs = monotonicMs();
            const rows = await calls.listReplicas();
            askedMs = nowMs;
            return rows;
          },
        },
      };
    },
  },
  {
    name: "lets a request join a lookup under way",
    alter: ({ lookup }) => {
      const underWay = new Map<string, Promise<KeyRow | null>>();
      return {
        lookup: (secret) => {
          const joined = underWay.get(secret) ?? lookup(secret).finally(() => underWay.delete(secret));
          underWay.set(secret, joined);
          return joined;
        },
      };
    },
  },
];
