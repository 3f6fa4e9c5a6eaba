import { type ControllerOptions, createController } from "../src/controller.ts";
import { createLatch } from "../src/latch.ts";
import type { DeltaHandler, Reflector } from "../src/reflector.ts";
import { type ConfigMap, ConfigMaps } from "../src/resources.ts";
import type { Source } from "../src/source.ts";
import { createStore } from "../src/store.ts";
import { createManualTimers } from "./manual-timers.ts";
import type { aConfigMap } from "./objects.ts";

/** A reflector that is fed by hand. */
const createFedReflector = () => {
  const store = createStore<ConfigMap>();
  const handlers = new Set<DeltaHandler<ConfigMap>>();
  const sync = createLatch();
  const reflector: Reflector<ConfigMap> = {
    type: ConfigMaps,
    store,
    get hasSynced() {
      return sync.isOpen;
    },
    synced: (signal) => sync.opened(signal),
    health: () => ({ silentMs: 0, silentMaxMs: 1 }),
    subscribe: (handler) => {
      for (const object of store.list()) handler({ type: "added", object });
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    run: async () => {},
  };
  const put = (object: ReturnType<typeof aConfigMap>): void => {
    for (const delta of store.put(object)) for (const handler of handlers) handler(delta);
  };
  return { reflector, put, sync: sync.open, handlers };
};

/** A controller that runs, and hears of what is `put`. */
export const startFedController = (
  options: Partial<ControllerOptions> & Pick<ControllerOptions, "reconcile">,
  source: Partial<Source<ConfigMap>> = {},
) => {
  const timers = createManualTimers();
  const fed = createFedReflector();
  const stop = new AbortController();
  const controller = createController({
    name: "test",
    sources: [{ reflector: fed.reflector, ...source }],
    timers,
    backoff: (attempt) => 1_000 * 2 ** attempt,
    ...options,
  });
  let ended = false;
  const running = controller.run(stop.signal).finally(() => {
    ended = true;
  });
  return { ...fed, timers, stop, controller, running, hasEnded: () => ended };
};
