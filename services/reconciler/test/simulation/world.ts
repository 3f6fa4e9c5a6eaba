import { type Secret, Secrets, type Stored } from "@itsy/controller-runtime";
import type { RandomBytes } from "@itsy/key-format";

import { ApiKeys, type StoredApiKey } from "../../src/api-key/resource.ts";
import { createApiServer } from "./api-server.ts";
import { createNetwork } from "./network.ts";
import { createProcess, type Process } from "./process.ts";
import { createService } from "./service.ts";
import { isStaging } from "./staging-name.ts";
import { correct, type Variant } from "./variants.ts";

export const NAMESPACE = "shop";
export const OBJECT = { namespace: NAMESPACE, name: "website" } as const;
export const DATA_KEY = "apiKey";
const PROCESSES = ["A", "B"] as const;

/** What a workload reads; `null`: there is nothing. */
export const textOf = (secret: Secret | null, dataKey = DATA_KEY): string | null => {
  const encoded = secret?.data?.[dataKey];
  return encoded === undefined ? null : Buffer.from(encoded, "base64").toString("utf8");
};

/** Bytes that differ from draw to draw and are the same in every run. */
const createCountedBytes = (): RandomBytes => {
  let state = 1;
  return (size) =>
    Uint8Array.from({ length: size }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
};

export interface WorldOptions {
  readonly overlap: string;
  readonly variant?: Variant;
}

/** An API server, the service, and two reconcilers that both believe to lead. Nothing moves by itself. */
export const createWorld = ({ overlap, variant = correct }: WorldOptions) => {
  let nowMs = Date.parse("2027-01-01T00:00:00Z");
  const now = () => new Date(nowMs);
  const apiServer = createApiServer({ now });
  const service = createService({ now });
  const network = createNetwork({ apiServer, service });
  const trace: string[] = [];
  const randomBytes = createCountedBytes();
  const state = { isGranted: true, requests: 0, edits: 0, lives: 0 };
  /** Values that a person wrote: no fault of ours. */
  const foreign = new Set<string>();
  /** What a person or time did that takes another value; a key that nobody disturbs keeps its first. */
  const disturbances = { count: 0 };

  /** Of each key that a person revoked, whose it was, and how many rotations had been asked for by then. */
  const revocations = new Map<string, { readonly ownerUid: string; readonly requests: number }>();

  const launch = (slot: (typeof PROCESSES)[number]): Process => {
    state.lives += 1;
    const name = `${slot}${state.lives}`;
    const clients = variant.wrap({ kube: network.kubeOf(name), delivery: network.deliveryOf(name) });
    const launched = createProcess(
      name,
      {
        ...clients,
        apiServer,
        now,
        timers: { monotonicMs: () => (variant.seesTime ? nowMs : 0), setTimeout: () => () => {} },
        randomBytes,
        grant: () => (state.isGranted ? { granted: true } : { granted: false, message: "No WorkspaceGrant." }),
      },
      OBJECT,
    );
    launched.sync();
    return launched;
  };
  const processes = PROCESSES.map(launch);

  const createApiKey = () => {
    apiServer.create(ApiKeys, {
      metadata: { ...OBJECT },
      spec: { workspace: "acme", displayName: "Website", environment: "production", rotation: { overlap } },
    } as never);
  };

  /** As the manifest has it. */
  const targetName = (): string =>
    (apiServer.get(ApiKeys, OBJECT) as StoredApiKey | null)?.spec.secret?.name ?? OBJECT.name;
  const target = () => apiServer.get(Secrets, { ...OBJECT, name: targetName() }) as Stored<Secret> | null;

  return {
    apiServer,
    service,
    network,
    trace,
    state,
    foreign,
    disturbances,
    revocations,
    processes,
    now,
    createApiKey,
    targetName,
    target,
    /** What workloads can read: also under names that the manifest had before. */
    published: (): readonly Stored<Secret>[] =>
      (apiServer.list(Secrets, NAMESPACE) as readonly Stored<Secret>[]).filter(
        ({ metadata }) => !isStaging(metadata.name),
      ),
    /** What a workload of the manifest reads; `null`: there is nothing. */
    readable: (dataKey = DATA_KEY): string | null => textOf(target(), dataKey),
    advance: (ms: number) => {
      nowMs += ms;
    },
    replaceProcess: (at: number) => {
      const old = processes[at] as Process;
      network.kill(old.name);
      processes[at] = launch(old.name.startsWith("A") ? "A" : "B");
    },
  };
};
export type World = ReturnType<typeof createWorld>;
