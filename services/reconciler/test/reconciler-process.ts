import {
  type Clock,
  createEventRecorder,
  createKubeClient,
  createRuntimeMetrics,
  type KubeClient,
  silentLogger,
  systemClock,
  systemTimers,
  type Timers,
  type Transport,
} from "@itsy/controller-runtime";
import type { Credentials } from "@itsy/testbed";
import { Registry } from "prom-client";

import { createEffects, type EffectPhase, type OnEffect } from "../src/effects.ts";
import { hookCalls, hookWrites } from "../src/hook-writes.ts";
import { createReconciler } from "../src/reconciler.ts";
import { loadKubeConfig } from "./control-plane.ts";
import type { InMemoryDelivery } from "./in-memory-delivery.ts";

export interface CrashPoint {
  readonly phase: EffectPhase;
  readonly effect: string;
}

export interface ReconcilerOptions {
  readonly credentials: Pick<Credentials, "kubeconfigPath">;
  readonly delivery: InMemoryDelivery;
  /** Without it, all of them. */
  readonly namespace?: string | undefined;
  readonly onEffect?: OnEffect;
  /** Dies there: from then on nothing it does reaches anybody, as after SIGKILL. */
  readonly crashAt?: CrashPoint;
  readonly timers?: Timers;
  readonly clock?: Clock;
  /** What stands between it and the API server. */
  readonly wrapTransport?: (transport: Transport) => Transport;
  readonly resyncMs?: number;
  readonly reconcileTimeoutMs?: number;
  readonly watchSecrets?: boolean;
}

export interface RunningReconciler extends AsyncDisposable {
  /** Resolves once it died at its crash point. */
  readonly died: Promise<void>;
  /** `PATCH /apis/…` of every request that writes, in their order. */
  readonly writes: readonly string[];
  readonly reads: readonly string[];
  /** What `/healthz` would say. */
  readonly problems: () => readonly string[];
}

const createLife = ({ crashAt, onEffect = () => {} }: Pick<ReconcilerOptions, "crashAt" | "onEffect">) => {
  const death = Promise.withResolvers<void>();
  let isDead = false;
  const assertAlive = (): void => {
    if (isDead) throw new Error("this reconciler is dead");
  };
  return {
    died: death.promise,
    assertAlive,
    onEffect: async (...[effect, phase]: Parameters<OnEffect>) => {
      assertAlive();
      if (effect === crashAt?.effect && phase === crashAt.phase) {
        isDead = true;
        death.resolve();
      }
      assertAlive();
      await onEffect(effect, phase);
    },
  };
};

/** Everything that `main.ts` builds but the lease, in this process. Waits for nothing. */
export const startReconciler = (options: ReconcilerOptions): RunningReconciler => {
  const {
    credentials,
    delivery,
    namespace,
    timers = systemTimers,
    resyncMs = 400,
    wrapTransport = (it) => it,
  } = options;
  const life = createLife(options);
  const writes: string[] = [];
  const reads: string[] = [];
  const recording = (transport: Transport): Transport => ({
    ...transport,
    send: async (request) => {
      life.assertAlive();
      const log = request.method === "GET" ? reads : writes;
      log.push(`${request.method} ${request.path.split("?")[0]}`);
      const response = await transport.send(request);
      life.assertAlive();
      return response;
    },
  });
  const effects = createEffects(life.onEffect);
  const plainKube = createKubeClient({
    kubeConfig: loadKubeConfig(credentials),
    userAgent: "itsy-reconciler",
    wrapTransport: (transport) => wrapTransport(recording(transport)),
  });
  const kube: KubeClient = hookWrites(plainKube, effects);
  const recorder = createEventRecorder({
    client: kube,
    component: "keys.itsy.dev/reconciler",
    instance: "test",
  });
  const reconciler = createReconciler(
    {
      kube,
      delivery: hookCalls(delivery.client.delivery, effects),
      recorder,
      effects,
      logger: silentLogger,
      metrics: createRuntimeMetrics(new Registry()),
      clock: options.clock ?? systemClock,
      timers,
      random: Math.random,
    },
    {
      watchNamespace: namespace,
      watchSecrets: options.watchSecrets ?? false,
      concurrency: 8,
      namespaceConcurrency: 4,
      deliverWithinMs: 3_600_000,
      resyncMs,
      looksPerSecond: 1_000,
      retryMaxMs: 300,
      reconcileTimeoutMs: options.reconcileTimeoutMs ?? 60_000,
    },
  );
  const stop = new AbortController();
  const running = Promise.all([reconciler.watch(stop.signal), reconciler.work(stop.signal)]);
  return {
    died: life.died,
    writes,
    reads,
    problems: () => reconciler.health.live.flatMap(({ problem }) => problem() ?? []),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await recorder.close();
      await kube.close();
    },
  };
};
