import type { ItsyClient } from "@itsy/client";
import {
  type Clock,
  type Controller,
  createController,
  createReflector,
  type Delta,
  type EventRecorder,
  type HealthChecks,
  halfJitter,
  hasSynced,
  type KubeClient,
  type KubeObject,
  type Logger,
  type Namespace,
  Namespaces,
  nameOf,
  type ObjectName,
  type Reflector,
  type RuntimeMetrics,
  reflectorHears,
  type Source,
  type Stored,
  type Timers,
  workersMove,
} from "@itsy/controller-runtime";
import { generateSecret } from "@itsy/key-format";
import { isAtRest } from "./api-key/at-rest.ts";
import { createReconcile } from "./api-key/reconcile.ts";
import { isRelevantChange } from "./api-key/relevant-change.ts";
import { type ApiKey, ApiKeys } from "./api-key/resource.ts";
import { createRivals } from "./api-key/rivals.ts";
import type { Effects } from "./effects.ts";
import { BY_WORKSPACE, createGrantSource } from "./grant/grant-source.ts";
import { type WorkspaceGrant, WorkspaceGrants } from "./grant/resource.ts";
import { BY_WAITING, createWakeWaiting, waitingFor } from "./grant/wake-waiting.ts";
import { createNamespaceLines } from "./namespace-lines.ts";
import { createOwnWrites } from "./own-writes.ts";
import { createResync, type ResyncSettings } from "./resync.ts";
import { type SecretWatchDeps, watchSecrets } from "./secret-watch.ts";
import { createWakeBackoff } from "./wake-backoff.ts";
import { createWatchRefused } from "./watch-refused.ts";

export interface ReconcilerDeps {
  readonly kube: KubeClient;
  readonly delivery: ItsyClient["delivery"];
  readonly recorder: Pick<EventRecorder, "record">;
  readonly effects: Effects;
  readonly logger: Logger;
  readonly metrics: RuntimeMetrics;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface ReconcilerSettings extends ResyncSettings {
  /** Without it, all namespaces. */
  readonly watchNamespace?: string | undefined;
  /** Drift of Secrets is noticed at once, by watching them; else when each ApiKey is looked at again. */
  readonly watchSecrets: boolean;
  /** ApiKeys at work at the same time. */
  readonly concurrency: number;
  /** Of one namespace. */
  readonly namespaceConcurrency: number;
  readonly deliverWithinMs: number;
  /** The longest wait between two tries of a failing ApiKey. */
  readonly retryMaxMs: number;
  /** A look at one ApiKey that takes longer is given up, and tried again like one that failed. */
  readonly reconcileTimeoutMs: number;
}

export interface Reconciler {
  readonly controller: Controller;
  readonly health: HealthChecks;
  /** Watches until the signal aborts. Watching needs no lease: a standby is warm. */
  readonly watch: (signal: AbortSignal) => Promise<void>;
  /** Reconciles until the signal aborts, then drains. For the leader. */
  readonly work: (signal: AbortSignal) => Promise<void>;
}

const RETRY_BASE_MS = 50;
/**
 * Beside each ApiKey at work another one stands ready in its namespace's line, so that a place that is free is taken at
 * once: Bottleneck gives it on only after some turns of the event loop. All others wait in the queue, where a change of
 * one that waits already is no work of its own.
 */
const IN_LINE = 2;

/** What ApiKeys depend on: the labels, for selectors of grants, and whether it is being deleted. */
const namespaceChanged = (delta: Delta<Stored<Namespace>>): boolean =>
  delta.type !== "updated" ||
  isTerminating(delta.object) !== isTerminating(delta.old) ||
  JSON.stringify(delta.object.metadata.labels) !== JSON.stringify(delta.old.metadata.labels);

const isTerminating = ({ metadata, status }: Namespace): boolean =>
  metadata.deletionTimestamp !== undefined || status?.phase === "Terminating";

const createSources = (deps: ReconcilerDeps, { watchNamespace }: ReconcilerSettings) => {
  const { kube: client, logger } = deps;
  const reflect = <T extends KubeObject>(options: Omit<Parameters<typeof createReflector<T>>[0], "client">) =>
    createReflector<T>({
      ...options,
      client,
      onError: (err) => logger.warn({ err, kind: options.type.kind }, "watch failed; trying again"),
    });
  const apiKeys: Reflector<ApiKey> = reflect<ApiKey>({
    type: ApiKeys,
    indexes: {
      [BY_WORKSPACE]: ({ spec }) => [spec.workspace],
      [BY_WAITING]: waitingFor,
    },
    ...(watchNamespace === undefined ? {} : { namespace: watchNamespace }),
  });
  const grants = reflect<WorkspaceGrant>({
    type: WorkspaceGrants,
    indexes: { [BY_WORKSPACE]: ({ spec }) => [spec.workspace] },
  });
  const namespaces = reflect<Namespace>({ type: Namespaces });
  const sources: readonly Source<KubeObject>[] = [
    { reflector: apiKeys, predicate: isRelevantChange } satisfies Source<ApiKey>,
    {
      reflector: grants,
      toNames: ({ spec }) => apiKeys.store.byIndex(BY_WORKSPACE, spec.workspace).map(nameOf),
    } satisfies Source<WorkspaceGrant>,
    {
      reflector: namespaces,
      toNames: ({ metadata }) => apiKeys.store.list(metadata.name).map(nameOf),
      predicate: namespaceChanged,
    } satisfies Source<Namespace>,
  ];
  const rivals = createRivals();
  apiKeys.subscribe(rivals.apply);
  return { apiKeys, grants, namespaces, rivals, sources };
};

const healthOf = (
  controller: Controller,
  reflectors: readonly (Parameters<typeof reflectorHears>[0] & Parameters<typeof hasSynced>[0])[],
  { reconcileTimeoutMs }: ReconcilerSettings,
): HealthChecks => ({
  live: [workersMove(controller, { stuckAfterMs: 2 * reconcileTimeoutMs }), ...reflectors.map(reflectorHears)],
  ready: reflectors.map(hasSynced),
});

const secretWatchOf = (
  deps: ReconcilerDeps,
  parts: Pick<SecretWatchDeps, "ownWrites"> & {
    readonly apiKeys: Reflector<ApiKey>;
    readonly controller: Pick<Controller, "enqueueAfter">;
  },
): SecretWatchDeps => {
  const { kube: client, logger, timers, random, recorder } = deps;
  const { apiKeys, ownWrites, controller } = parts;
  const waitMs = createWakeBackoff({ timers, random });
  const tellRefused = createWatchRefused({ apiKeys: apiKeys.store, record: recorder.record, timers });
  return {
    client,
    apiKeys,
    ownWrites,
    wake: (name) => controller.enqueueAfter(name, waitMs(name)),
    onError: (err, namespace) => {
      logger.warn({ err, kind: "Secret", namespace }, "watch failed; trying again");
      tellRefused(err, namespace);
    },
  };
};

/** Puts the parts together. Only `main.ts` and tests call it. */
export const createReconciler = (deps: ReconcilerDeps, settings: ReconcilerSettings): Reconciler => {
  const { metrics, logger, timers, random, recorder } = deps;
  const { apiKeys, grants, namespaces, rivals, sources } = createSources(deps, settings);
  const resync = createResync(settings, apiKeys.store, random);
  const ownWrites = createOwnWrites();
  const reconcile = createReconcile({
    ...deps,
    kube: settings.watchSecrets ? ownWrites.noted(deps.kube) : deps.kube,
    generateSecret,
    readApiKey: (name) => apiKeys.store.get(name),
    grantFor: createGrantSource({ apiKeys, grants, namespaces }),
    olderRivalOf: rivals.olderRivalOf,
    isTerminating: (name) => isTerminating(namespaces.store.get({ name }) ?? { metadata: { name } }),
    record: recorder.record,
    deliverWithinMs: settings.deliverWithinMs,
    resyncMs: resync.nextMs,
  });
  const lines = createNamespaceLines(settings);
  const controller = createController({
    name: "apikey",
    sources,
    reconcile: async (name, context) => (await lines.run(name.namespace ?? "", () => reconcile(name, context))) ?? {},
    concurrency: settings.concurrency * IN_LINE,
    groupConcurrency: settings.namespaceConcurrency * IN_LINE,
    reconcileTimeoutMs: settings.reconcileTimeoutMs,
    initialDelayMs: (name) => {
      const apiKey = apiKeys.store.get(name);
      return apiKey !== null && isAtRest(apiKey) ? resync.firstMs() : 0;
    },
    backoff: halfJitter({ baseMs: RETRY_BASE_MS, maxMs: settings.retryMaxMs, random }),
    timers,
    logger,
    metrics: { queue: metrics.queue("apikey"), controller: metrics.controller("apikey") },
  });
  return Object.freeze({
    controller,
    health: healthOf(controller, [apiKeys, grants, namespaces], settings),
    watch: async (signal: AbortSignal) => {
      await Promise.all([apiKeys, grants, namespaces].map((reflector) => reflector.run(signal)));
    },
    work: async (signal: AbortSignal) => {
      const enqueue = (name: ObjectName): void => controller.enqueue(name);
      signal.addEventListener("abort", lines.close, { once: true });
      // Who waits for a Secret that an older one wants moves up when that one goes.
      apiKeys.subscribe((delta) => rivals.movedUp(delta).forEach(enqueue));
      apiKeys.subscribe(createWakeWaiting({ apiKeys: apiKeys.store, timers, enqueue }));
      // Nobody waits for its first list: without the right to it everything works as if it were not asked for.
      const watched = secretWatchOf(deps, { apiKeys, ownWrites, controller });
      const watching = settings.watchSecrets ? watchSecrets(watched, signal) : undefined;
      await controller.run(signal);
      await watching;
    },
  });
};
