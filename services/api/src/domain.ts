import {
  type Clock,
  createAudit,
  createAuthenticate,
  createCheckRing,
  createClusters,
  createDelivery,
  createKeys,
  createLacksPepper,
  createPeppers,
  createProjects,
  createPurgeAudit,
  createPurgeIdempotency,
  createPurgeUsage,
  createRepepper,
  createReportLeaks,
  createTokens,
  createVerify,
  createWorkspaces,
  type DomainDeps,
  type ReportLeaks,
} from "@itsy/core";
import { createSecretFormat, type RandomBytes } from "@itsy/key-format";

import { type Authenticate, createCachedAuthenticate } from "./access/token-cache.ts";
import { createUlidSource } from "./adapters/ids.ts";
import { type OpenDatabase, openDatabase } from "./database/open-database.ts";
import type { Settings } from "./env.ts";
import { everyHour } from "./jobs/every-hour.ts";
import { markExpiredKeys } from "./jobs/mark-expired-keys.ts";
import type { Logger } from "./logger.ts";
import { createRepepperQueue, type RepepperQueue } from "./peppers/repepper-queue.ts";
import { requireRing } from "./peppers/require-ring.ts";
import { createOutageLimiter } from "./rate-limit/outage-limiter.ts";
import { createReplicaLimiter, type RateFigures, withClock } from "./rate-limit/replica-limiter.ts";
import { type Following, followChanges, followNothing } from "./revocation/follow-changes.ts";
import { createMemory } from "./revocation/memory.ts";
import type { UseCases } from "./trpc/app-router.ts";
import { type Metering, meterUsage } from "./usage/meter-usage.ts";
import { createCachedRecords } from "./verification/cached-records.ts";

/** Time and chance. */
export interface Nature {
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly random: RandomBytes;
  /** In place of the database's own clock, where time is not the real one: Unix milliseconds. */
  readonly databaseNowMs?: () => number;
}

/** What the memory of the process does, for metrics and readiness. */
export interface MemoryFigures extends Pick<Following, "leaseState" | "onSettled"> {
  /** How many secrets are remembered. */
  readonly size: () => number;
  readonly repeppering: RepepperQueue["figures"];
  readonly lookups: { readonly hits: number; readonly misses: number };
  readonly rates: RateFigures;
}

/** The use-cases on an open database. Dispose of it last. */
export interface Domain extends AsyncDisposable {
  readonly storage: OpenDatabase;
  readonly deps: DomainDeps;
  readonly useCases: UseCases;
  readonly authenticate: Authenticate;
  readonly findToken: ReturnType<typeof createAuthenticate>["findToken"];
  readonly memory: MemoryFigures;
  readonly reportLeaks: ReportLeaks;
  /** Whether something that works needs a pepper that this process lacks. */
  readonly lacksPepper: () => Promise<boolean>;
  readonly metering: Metering;
}

export interface OpenDomainOptions {
  readonly logger: Logger;
  /** Whether this process verifies from memory, and so has to follow what others change, and be waited for. */
  readonly isReplica: boolean;
}

/** Both together are how long one call of the change feed may take: well below a lease, so that the next can save it. */
const feedTimeoutMs = (leaseMs: number) => Math.min(1000, Math.floor(leaseMs / 5));

/** A start that fails closes what it opened. */
const requireServable = async (storage: OpenDatabase, check: () => Promise<void>): Promise<void> => {
  try {
    await check();
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
};

/** Opens the database, brings its schema up to date, and builds the use-cases on it. */
export const openDomain = async (
  settings: Settings,
  nature: Nature,
  { logger, isReplica }: OpenDomainOptions,
): Promise<Domain> => {
  const { verifyLeaseMs: leaseMs, verifyGraceMs: graceMs } = settings;
  const storage = await openDatabase(settings.database, { logger, limits: { feedTimeoutMs: feedTimeoutMs(leaseMs) } });
  const { database, feed, lookup, rates } = storage;
  const { clock, random, monotonicMs } = nature;
  const deps: DomainDeps = {
    database,
    clock,
    random,
    ids: createUlidSource(clock),
    format: createSecretFormat({ brand: settings.brand }),
    peppers: settings.peppers,
  };
  const checking = { ...deps, lost: settings.peppersLost };
  await requireServable(storage, async () => requireRing(await createCheckRing(checking)(), logger));
  const { verifyCacheMax: entriesMax, verifyCacheBytesMax: bytesMax } = settings.limits;
  const memory = createMemory({ entriesMax, bytesMax, graceMs });
  const limiter = createReplicaLimiter({
    store: nature.databaseNowMs === undefined ? rates : withClock(rates, nature.databaseNowMs),
    monotonicMs,
    replicaLeaseMs: feed === null ? null : leaseMs,
  });
  const following = isReplica
    ? followChanges({ database, feed, memory, limiter, monotonicMs, leaseMs, graceMs, logger })
    : followNothing;
  const { isCutOff } = following;
  const { peppers } = deps;
  const outageLimiter = graceMs > 0 ? createOutageLimiter({ limiter, isCutOff, monotonicMs, entriesMax }) : null;
  const repeppering = createRepepperQueue({
    repepper: createRepepper(deps),
    onWritten: memory.all.evict,
    entriesMax,
    logger,
  });
  const onOldPepper = repeppering.add;
  const records = createCachedRecords({ cache: memory.records, lookup, peppers, monotonicMs, isCutOff, onOldPepper });
  const { findToken } = createAuthenticate({ ...deps, tokens: storage.tokens });
  const metering = meterUsage({ database, clock, monotonicMs, logger });
  const useCases = Object.freeze({
    keys: createKeys(deps),
    verify: createVerify({
      format: deps.format,
      records,
      limiter: outageLimiter ?? limiter,
      quotas: metering.quotas,
      usage: metering.meter,
      clock,
    }),
    workspaces: createWorkspaces(deps),
    projects: createProjects(deps),
    clusters: createClusters(deps),
    tokens: createTokens(deps),
    delivery: createDelivery(deps),
    audit: createAudit(deps),
    peppers: createPeppers(deps),
  });
  const purging = [
    everyHour("the purge of idempotency keys", createPurgeIdempotency(deps), logger),
    everyHour("the purge of rate limits", () => rates.purge(), logger),
    everyHour(
      "the purge of usage",
      createPurgeUsage({ database, clock, retentionDays: settings.usageRetentionDays }),
      logger,
    ),
  ];
  const { auditRetentionDays: retentionDays } = settings;
  if (retentionDays !== undefined) {
    purging.push(everyHour("the purge of the audit", createPurgeAudit({ database, clock, retentionDays }), logger));
  }
  const marking = markExpiredKeys({ storage, clock, logger });
  return Object.freeze({
    storage,
    deps,
    useCases,
    authenticate: createCachedAuthenticate({
      findToken,
      cache: memory.tokens,
      clock,
      monotonicMs,
      isCutOff,
      peppers,
      onOldPepper,
    }),
    findToken,
    reportLeaks: createReportLeaks({ ...deps, lookup }),
    lacksPepper: createLacksPepper(checking),
    metering,
    memory: {
      repeppering: repeppering.figures,
      size: () => memory.records.size,
      lookups: records.lookups,
      rates: limiter.figures,
      leaseState: following.leaseState,
      onSettled: following.onSettled,
    },
    [Symbol.asyncDispose]: async () => {
      for (const job of purging) job[Symbol.dispose]();
      await metering[Symbol.asyncDispose]();
      marking[Symbol.dispose]();
      await limiter[Symbol.asyncDispose]();
      await repeppering[Symbol.asyncDispose]();
      await following[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
    },
  });
};
