import {
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

import { createDeliveryClient } from "../src/delivery-client.ts";
import { createEffects, type OnEffect } from "../src/effects.ts";
import { withEventEffect } from "../src/event-client.ts";
import { createReconciler } from "../src/reconciler.ts";
import { loadKubeConfig } from "./control-plane.ts";
import type { InMemoryDelivery } from "./in-memory-delivery.ts";

export interface ReconcilerOptions {
  readonly credentials: Pick<Credentials, "kubeconfigPath">;
  readonly delivery: InMemoryDelivery;
  readonly namespace: string;
  readonly onEffect?: OnEffect;
  readonly timers?: Timers;
  readonly resyncMs?: number;
}

export interface RunningReconciler extends AsyncDisposable {
  /** `PATCH /apis/…` of every request that writes, in their order. */
  readonly writes: readonly string[];
  readonly reads: readonly string[];
}

/** Everything that `main.ts` builds but the lease, in this process. Waits for nothing. */
export const startReconciler = (options: ReconcilerOptions): RunningReconciler => {
  const { credentials, delivery, namespace, onEffect, timers = systemTimers, resyncMs = 400 } = options;
  const writes: string[] = [];
  const reads: string[] = [];
  const recording = (transport: Transport): Transport => ({
    ...transport,
    send: (request) => {
      const log = request.method === "GET" ? reads : writes;
      log.push(`${request.method} ${request.path.split("?")[0]}`);
      return transport.send(request);
    },
  });
  const kube: KubeClient = createKubeClient({
    kubeConfig: loadKubeConfig(credentials),
    userAgent: "itsy-reconciler",
    wrapTransport: recording,
  });
  const effects = createEffects(onEffect);
  const recorder = createEventRecorder({
    client: withEventEffect(kube, effects),
    component: "keys.itsy.dev/reconciler",
    instance: "test",
  });
  const reconciler = createReconciler(
    {
      kube,
      delivery: createDeliveryClient({ client: delivery.client, concurrency: 8, namespaceConcurrency: 4 }),
      recorder,
      effects,
      logger: silentLogger,
      metrics: createRuntimeMetrics(new Registry()),
      clock: systemClock,
      timers,
      random: Math.random,
    },
    { watchNamespace: namespace, concurrency: 4, deliverWithinMs: 3_600_000, resyncMs, retryMaxMs: 300 },
  );
  const stop = new AbortController();
  const running = Promise.all([reconciler.watch(stop.signal), reconciler.work(stop.signal)]);
  return {
    writes,
    reads,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await recorder.close();
      await kube.close();
    },
  };
};
