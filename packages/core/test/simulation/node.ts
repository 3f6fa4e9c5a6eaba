import { createCachedLookup, createRecordCache, type LeaseTerms, type Membership, startMembership } from "@itsy/core";

import type { KeyRow } from "./database.ts";
import type { ChangeRecord, History } from "./history.ts";
import type { Log } from "./log.ts";
import type { Connection } from "./network.ts";
import type { Process } from "./process.ts";
import type { Calls, Parts, Variant } from "./variants.ts";
import type { World } from "./world.ts";

/** A replica of the service: the product's code in a simulated process. */
export interface Node {
  readonly name: string;
  readonly process: Process;
  readonly connection: Connection;
  readonly membership: Membership;
  /** A request that comes now. Recorded when it is answered. */
  verify(keyId: string): void;
  /** A change of the key that is asked for now. */
  change(keyId: string): void;
  /** Ends its membership; it goes on to answer, from the database. */
  leave(): void;
  readonly hasLeft: boolean;
  /** Whether its memory is trusted right now. */
  readonly isTrusted: boolean;
}

export interface NodeDeps {
  readonly name: string;
  readonly world: World;
  readonly process: Process;
  readonly connection: Connection;
  readonly terms: LeaseTerms;
  readonly variant: Variant;
  readonly history: History;
  readonly log: Log;
  readonly onReturn: (change: ChangeRecord) => void;
}

const statementNames = [
  "registerReplica",
  "poll",
  "renewReplica",
  "listReplicas",
  "removeReplica",
  "deleteChanges",
  "findKey",
  "changeKey",
] as const;

const partsOf = ({ process, connection, variant, terms }: NodeDeps): Parts => {
  const { call } = connection;
  const calls = Object.fromEntries(
    statementNames.map((name) => [name, (...args: never[]) => call(name, ...(args as never))]),
  ) as unknown as Calls;
  const plain: Parts = {
    calls,
    cache: createRecordCache<KeyRow>({ entriesMax: 8, graceMs: terms.graceMs }),
    monotonicMs: process.monotonicMs,
    onCommit: () => undefined,
    lookup: (secret) => calls.findKey(secret),
  };
  return { ...plain, ...variant.alter(plain, { leaseMs: terms.leaseMs }) };
};

export const createNode = (deps: NodeDeps): Node => {
  const { name, world, process, connection, terms, history, log, onReturn } = deps;
  const { calls, cache, monotonicMs, onCommit, lookup } = partsOf(deps);
  const find = createCachedLookup({ cache, lookup, monotonicMs, isCutOff: () => membership.isCutOff });
  let registrations = 0;
  let hasLeft = false;
  const membership = startMembership({
    store: calls,
    cache,
    monotonicMs,
    timers: process.timers,
    newId: () => `${name}/${++registrations}`,
    terms,
  });

  const answer = async (keyId: string, invokedAt: number): Promise<void> => {
    const found = find(keyId);
    const fromMemory = !(found instanceof Promise);
    const record = await Promise.resolve(found).catch(() => null);
    if (record === null) return;
    const { version } = record;
    history.verifies.push({ node: name, keyId, version, fromMemory, invokedAt, returnedAt: world.tick });
    log(() => `answers for ${keyId} by version ${version} from ${fromMemory ? "memory" : "the database"}`);
  };

  const change = async (record: ChangeRecord): Promise<void> => {
    const committed = await calls.changeKey(record.keyId).catch(() => null);
    if (committed === null) return;
    record.version = committed.version;
    onCommit([committed.change.id]);
    const { effectiveEverywhere, waitedMs } = await membership.settle([committed.change]);
    Object.assign(record, { returnedAt: world.tick, effectiveEverywhere, waitedMs });
    log(() => `returns: ${record.keyId} is version ${committed.version}, everywhere: ${effectiveEverywhere}`);
    onReturn(record);
  };

  return {
    name,
    process,
    connection,
    membership,
    verify: (keyId) => {
      const invokedAt = world.tick;
      log(() => `asked for ${keyId}`);
      process.deliver(() => void answer(keyId, invokedAt));
    },
    change: (keyId) => {
      log(() => `told to change ${keyId}`);
      const record: ChangeRecord = {
        node: name,
        keyId,
        version: null,
        invokedAt: world.tick,
        returnedAt: null,
        effectiveEverywhere: null,
        waitedMs: null,
      };
      history.changes.push(record);
      process.deliver(() => void change(record));
    },
    leave: () => {
      hasLeft = true;
      process.deliver(() => void membership.stop());
    },
    get hasLeft() {
      return hasLeft;
    },
    get isTrusted() {
      return process.isAlive && process.monotonicMs() < cache.trustedUntilMs;
    },
  };
};
