import { type ItsyClient, ItsyError } from "@itsy/client";
import { type KubeClient, KubeError, type ObjectName, silentLogger, type Timers } from "@itsy/controller-runtime";
import { generateSecret, type RandomBytes } from "@itsy/key-format";

import { createReconcile } from "../../src/api-key/reconcile.ts";
import { ApiKeys, type StoredApiKey } from "../../src/api-key/resource.ts";
import type { Effects } from "../../src/effects.ts";
import type { GrantVerdict } from "../../src/grant/decide.ts";
import type { ApiServer } from "./api-server.ts";

export const DELIVER_WITHIN_MS = 60 * 60_000;
const RESYNC_MS = 60_000;

const effects: Effects = { run: (_, effect) => effect(), write: (_, write) => write() };

export interface ProcessDeps {
  readonly kube: KubeClient;
  readonly delivery: ItsyClient["delivery"];
  readonly apiServer: ApiServer;
  readonly now: () => Date;
  readonly timers: Timers;
  readonly randomBytes: RandomBytes;
  readonly grant: () => GrantVerdict;
}

/** A reconciler process in one of its lives, with the real reconcile and a store that is as old as it happens to be. */
export const createProcess = (name: string, deps: ProcessDeps, object: ObjectName) => {
  const { kube, delivery, apiServer, now, timers, randomBytes, grant } = deps;
  let known: StoredApiKey | null = null;
  let isBusy = false;
  const defects: unknown[] = [];
  const reconcile = createReconcile({
    kube,
    delivery,
    effects,
    timers,
    clock: { now },
    logger: silentLogger,
    generateSecret: ({ environment }) => generateSecret({ environment, randomBytes }),
    record: () => {},
    deliverWithinMs: DELIVER_WITHIN_MS,
    resyncMs: () => RESYNC_MS,
    readApiKey: () => known,
    grantFor: grant,
    olderRivalOf: () => null,
    isTerminating: () => false,
  });
  return {
    name,
    /** What it threw that nobody answered it with. */
    defects: defects as readonly unknown[],
    get isBusy() {
      return isBusy;
    },
    /** Its watch catches up. */
    sync: () => {
      known = apiServer.get(ApiKeys, object) as StoredApiKey | null;
    },
    start: () => {
      isBusy = true;
      reconcile(object, { signal: new AbortController().signal })
        .catch((error: unknown) => {
          // Those are what the network and the other side say; anything else is a defect, here or there.
          if (!(error instanceof KubeError) && !(error instanceof ItsyError)) defects.push(error);
        })
        .finally(() => {
          isBusy = false;
        });
    },
  };
};
export type Process = ReturnType<typeof createProcess>;
