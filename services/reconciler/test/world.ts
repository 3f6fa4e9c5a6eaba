import {
  createKubeClient,
  type Event,
  Events,
  type KubeClient,
  type Namespace,
  Namespaces,
  type Secret,
  Secrets,
  type Stored,
} from "@itsy/controller-runtime";
import { type ControlPlane, startControlPlane, waitUntil } from "@itsy/testbed";

import { annotations } from "../src/api-key/names.ts";
import { type ApiKey, ApiKeys, type StoredApiKey } from "../src/api-key/resource.ts";
import { type WorkspaceGrant, WorkspaceGrants } from "../src/grant/resource.ts";
import { crdFolder, loadKubeConfig } from "./control-plane.ts";
import { createInMemoryDelivery } from "./in-memory-delivery.ts";
import { type ReconcilerOptions, startReconciler } from "./reconciler-process.ts";

export interface World extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly kube: KubeClient;
}

/** A real API server with the CRDs, for one file of tests. */
export const startWorld = async (
  /** With the controller manager garbage is collected, namespaces go, and roles are aggregated. */
  options: { readonly controllerManager?: boolean } = {},
): Promise<World> => {
  const controlPlane = await startControlPlane({ crdPaths: [crdFolder], ...options });
  const kube = createKubeClient({ kubeConfig: loadKubeConfig(controlPlane), userAgent: "test" });
  return {
    controlPlane,
    kube,
    [Symbol.asyncDispose]: async () => {
      await kube.close();
      await controlPlane[Symbol.asyncDispose]();
    },
  };
};

export const isReady = ({ status }: StoredApiKey): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
export const conditionOf = ({ status }: StoredApiKey, type: string) =>
  status?.conditions?.find((condition) => condition.type === type);

export const valueOf = (secret: Secret | null, key = "apiKey"): string | null =>
  secret?.data?.[key] === undefined ? null : Buffer.from(secret.data[key], "base64").toString("utf8");

let namespaces = 0;

/** A namespace of its own with one ApiKey's worth of helpers; tests in one file do not meet. */
export const createPlace = async ({ controlPlane, kube }: World, options: { readonly granted?: boolean } = {}) => {
  const namespace = `shop-${process.pid}-${namespaces++}`;
  await kube.create<Namespace>(Namespaces, { metadata: { name: namespace, labels: { team: namespace } } });
  const delivery = createInMemoryDelivery();

  const grant = (change: Partial<WorkspaceGrant["spec"]> = {}, name = namespace) =>
    kube.create(WorkspaceGrants, {
      metadata: { name },
      spec: { workspace: "acme", namespaces: [namespace], environments: ["production", "preview"], ...change },
    });
  if (options.granted !== false) await grant();

  const apply = (change: Partial<ApiKey["spec"]> = {}, name = "website") =>
    kube.create(ApiKeys, {
      metadata: { name, namespace },
      spec: { workspace: "acme", displayName: "Website Integration", environment: "production", ...change },
    });
  const get = (name = "website") => kube.get(ApiKeys, { namespace, name });
  const secret = (name = "website") => kube.get(Secrets, { namespace, name });

  /** Waits until the ApiKey is as the check says. */
  const until = (what: string, check: (apiKey: StoredApiKey) => boolean, name = "website"): Promise<StoredApiKey> =>
    waitUntil(
      async () => {
        const apiKey = await get(name);
        return apiKey !== null && check(apiKey) ? apiKey : null;
      },
      { what, timeoutMs: 20_000 },
    );

  return {
    namespace,
    delivery,
    kube,
    grant,
    apply,
    get,
    secret,
    until,
    untilReady: (name?: string) => until("the ApiKey is ready", isReady, name),
    untilReason: (reason: string, name?: string) =>
      until(`a condition says ${reason}`, (apiKey) => conditionOf(apiKey, "Ready")?.reason === reason, name),
    untilProgress: (reason: string) =>
      until(`Reconciling says ${reason}`, (apiKey) => conditionOf(apiKey, "Reconciling")?.reason === reason),
    untilGone: (name = "website") =>
      waitUntil(async () => (await get(name)) === null, { what: "the ApiKey is gone", timeoutMs: 20_000 }),
    requestRotation: (value: string, name = "website") =>
      kube.mergePatch(
        ApiKeys,
        { namespace, name },
        { metadata: { name, annotations: { [annotations.rotateRequestedAt]: value } } },
      ),
    secrets: async (): Promise<readonly Stored<Secret>[]> => (await kube.listPage(Secrets, { namespace })).items,
    events: async (): Promise<readonly Stored<Event>[]> => (await kube.listPage(Events, { namespace })).items,
    start: (change: Partial<ReconcilerOptions> = {}) =>
      startReconciler({ credentials: controlPlane, delivery, namespace, ...change }),
  };
};
export type Place = Awaited<ReturnType<typeof createPlace>>;

/** Waits until the revision is delivered. */
export const revisionIs = (place: Place, revision: number) =>
  place.until(`revision ${revision} is ready`, (key) => isReady(key) && key.status?.revision === revision);
