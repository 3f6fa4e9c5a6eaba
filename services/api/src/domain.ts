import {
  type Clock,
  createAudit,
  createAuthenticate,
  createClusters,
  createDelivery,
  createKeys,
  createProcessRateLimiter,
  createProjects,
  createPurgeIdempotency,
  createTokens,
  createVerify,
  createWorkspaces,
  type DomainDeps,
  type RecordSource,
} from "@itsy/core";
import { createSecretFormat, type RandomBytes } from "@itsy/key-format";

import { type Authenticate, createTokenCache } from "./access/token-cache.ts";
import { watchTokens } from "./access/watch-tokens.ts";
import { createUlidSource } from "./adapters/ids.ts";
import { type OpenDatabase, openDatabase } from "./database/open-database.ts";
import type { Settings } from "./env.ts";
import type { Logger } from "./http/logger.ts";
import { everyHour } from "./jobs/every-hour.ts";
import type { UseCases } from "./trpc/app-router.ts";
import { createRecordCache } from "./verification/record-cache.ts";
import { createFindBySha256, createRecordLookup } from "./verification/record-lookup.ts";

/** Time and chance. */
export interface Nature {
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly random: RandomBytes;
}

/** The use-cases on an open database. Dispose of it last. */
export interface Domain extends AsyncDisposable {
  readonly storage: OpenDatabase;
  readonly deps: DomainDeps;
  readonly useCases: UseCases;
  readonly authenticate: Authenticate;
  readonly findToken: ReturnType<typeof createAuthenticate>["findToken"];
  /** How many secrets are remembered; 0 where nothing may be. */
  readonly cachedSecrets: () => number;
}

interface Callers {
  readonly deps: DomainDeps;
  readonly authenticate: Authenticate;
  readonly findToken: Domain["findToken"];
}

/**
 * Only an embedded database belongs to one process, which therefore knows of every change: there tokens and records may
 * be answered from memory. With several replicas each asks the database.
 */
const isEmbedded = (storage: OpenDatabase) => storage.dialect === "sqlite";

const callersOf = (storage: OpenDatabase, rest: Omit<DomainDeps, "database">): Callers => {
  if (!isEmbedded(storage)) {
    const deps = { ...rest, database: storage.database };
    return { deps, ...createAuthenticate(deps) };
  }
  const { findToken } = createAuthenticate({ ...rest, database: storage.database });
  const cache = createTokenCache({ findToken, clock: rest.clock });
  const database = watchTokens(storage.database, cache.forget);
  return { deps: { ...rest, database }, findToken, authenticate: cache.authenticate };
};

const recordsOf = (storage: OpenDatabase, { peppers }: DomainDeps, entriesMax: number) => {
  const { lookup } = storage;
  if (!isEmbedded(storage)) return { records: createRecordLookup({ lookup, peppers }), cachedSecrets: () => 0 };
  const cache = createRecordCache({ findBySha256: createFindBySha256({ lookup, peppers }), entriesMax });
  storage.database.onKeysChanged(cache.evict);
  return { records: cache satisfies RecordSource, cachedSecrets: () => cache.size };
};

/** Opens the database, brings its schema up to date, and builds the use-cases on it. */
export const openDomain = async (settings: Settings, nature: Nature, logger: Logger): Promise<Domain> => {
  const storage = await openDatabase(settings.database, { logger });
  const { clock, random, monotonicMs } = nature;
  const { deps, authenticate, findToken } = callersOf(storage, {
    clock,
    random,
    ids: createUlidSource(clock),
    format: createSecretFormat({ brand: settings.brand }),
    peppers: settings.peppers,
  });
  const { records, cachedSecrets } = recordsOf(storage, deps, settings.limits.verifyCacheMax);
  const limiter = createProcessRateLimiter({ monotonicMs });
  const useCases = Object.freeze({
    keys: createKeys(deps),
    verify: createVerify({ format: deps.format, records, limiter, clock }),
    workspaces: createWorkspaces(deps),
    projects: createProjects(deps),
    clusters: createClusters(deps),
    tokens: createTokens(deps),
    delivery: createDelivery(deps),
    audit: createAudit(deps),
  });
  const purging = everyHour("the purge of idempotency keys", createPurgeIdempotency(deps), logger);
  return Object.freeze({
    storage,
    deps,
    useCases,
    authenticate,
    findToken,
    cachedSecrets,
    [Symbol.asyncDispose]: () => {
      purging[Symbol.dispose]();
      return storage[Symbol.asyncDispose]();
    },
  });
};
