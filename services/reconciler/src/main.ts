import { randomUUID } from "node:crypto";
import { createClient } from "@itsy/client";
import {
  createEventRecorder,
  createKubeClient,
  createLeaderElector,
  createRuntimeMetrics,
  systemClock,
  systemTimers,
} from "@itsy/controller-runtime";
import { KubeConfig } from "@kubernetes/client-node";
import type { Logger } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";

import { createEffects, type OnEffect } from "./effects.ts";
import { type Env, EnvError, readEnv, tokenOf } from "./env.ts";
import { faultAt } from "./fault-point.ts";
import { GROUP } from "./group.ts";
import { hookCalls, hookWrites } from "./hook-writes.ts";
import { createLogger } from "./logger.ts";
import { startOperationsServer } from "./operations-server.ts";
import { createPooledFetch } from "./pooled-fetch.ts";
import { createReconciler } from "./reconciler.ts";
import { rbacCommand } from "./rights/rbac-command.ts";

const COMPONENT = `${GROUP}/reconciler`;

const loadKubeConfig = ({ KUBECONFIG }: Env): KubeConfig => {
  const kubeConfig = new KubeConfig();
  if (KUBECONFIG === undefined) kubeConfig.loadFromCluster();
  else kubeConfig.loadFromFile(KUBECONFIG);
  return kubeConfig;
};

/** At the level trace every effect is a line of the log, by which tests find where to let it fail. */
const onEffectOf = ({ ITSY_FAULT_AT: point }: Env, logger: Logger): OnEffect => {
  const fail = point === undefined ? () => {} : faultAt(point);
  return (effect, phase) => {
    logger.trace({ effect, phase }, "effect");
    return fail(effect, phase);
  };
};

/** Everything that the process holds; ends when it was told to, with its exit code. */
const run = async (env: Env): Promise<number> => {
  const logger = createLogger({ level: env.LOG_LEVEL });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = createRuntimeMetrics(registry);
  const effects = createEffects(onEffectOf(env, logger));
  const kubeConfig = loadKubeConfig(env);
  const plainKube = createKubeClient({ kubeConfig, userAgent: "itsy-reconciler", onRequest: metrics.onRequest });
  const kube = hookWrites(plainKube, effects);
  await using pool = createPooledFetch();
  const { fetch } = pool;
  const service = createClient({ url: env.ITSY_URL, token: tokenOf(env), timeoutMs: env.ITSY_TIMEOUT, fetch });
  const recorder = createEventRecorder({
    client: kube,
    component: COMPONENT,
    instance: env.POD_NAME,
    onError: (err) => logger.warn({ err }, "an event was not recorded"),
  });
  const reconciler = createReconciler(
    {
      kube,
      delivery: hookCalls(service.delivery, effects),
      recorder,
      effects,
      logger,
      metrics,
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
    },
    {
      watchNamespace: env.WATCH_NAMESPACE,
      watchSecrets: env.WATCH_SECRETS,
      concurrency: env.CONCURRENCY,
      namespaceConcurrency: env.NAMESPACE_CONCURRENCY,
      deliverWithinMs: env.DELIVER_WITHIN,
      resyncMs: env.RESYNC,
      looksPerSecond: env.RESYNC_PER_SECOND,
      retryMaxMs: env.RETRY_MAX,
      reconcileTimeoutMs: env.RECONCILE_TIMEOUT,
    },
  );

  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => {
      logger.info({ signal }, "stopping");
      stopping.abort();
    });

  const elector = createLeaderElector({
    client: plainKube,
    namespace: env.NAMESPACE,
    name: "itsy-reconciler",
    identity: `${env.POD_NAME}_${randomUUID()}`,
    leaseDurationMs: env.LEASE_DURATION,
    renewDeadlineMs: env.LEASE_RENEW_DEADLINE,
    retryPeriodMs: env.LEASE_RETRY_PERIOD,
    logger,
    metrics: metrics.leader("itsy-reconciler"),
    // Another process may lead from now on: nothing that still runs here may go on.
    onLost: () => process.exit(1),
  });

  await using operations = await startOperationsServer({
    host: env.METRICS_HOST,
    port: env.METRICS_PORT,
    registry,
    health: {
      ...reconciler.health,
      ready: [
        ...reconciler.health.ready,
        { name: "process", problem: () => (stopping.signal.aborted ? "is stopping" : null) },
      ],
    },
  });
  logger.info({ port: operations.port }, "serving /healthz, /readyz and /metrics");

  const stopWatching = new AbortController();
  const watching = reconciler.watch(stopWatching.signal);
  if (env.LEADER_ELECTION) await elector.run(stopping.signal, reconciler.work);
  else await reconciler.work(stopping.signal);
  stopWatching.abort();
  await watching;
  await recorder.close();
  await kube.close();
  logger.info({}, "stopped");
  return 0;
};

/** `reconciler rbac …` prints rights; without arguments it reconciles. */
const start = async ([command, ...args]: readonly string[]): Promise<number> => {
  if (command === undefined) return run(readEnv());
  const { code, text } = command === "rbac" ? rbacCommand(args) : rbacCommand(["--help"]);
  (code === 0 ? process.stdout : process.stderr).write(text);
  return command === "rbac" ? code : 2;
};

try {
  process.exitCode = await start(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof EnvError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
