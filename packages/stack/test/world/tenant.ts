import type { ObjectName } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";

import { type ApiKey, ApiKeys, readSecretValue, waitUntilReady } from "../../src/api-key.ts";
import { applyManifests, readManifests } from "../../src/manifests.ts";
import { WORKSPACE } from "../../src/service.ts";
import { verify } from "../../src/verify.ts";
import { aName, type World } from "./world.ts";

const SAMPLE_NAMESPACE = "shop";
const ROTATE = "keys.itsy.dev/rotate-requested-at";

/** A namespace with a grant, in which the reconciler may keep Secrets. */
export interface Tenant {
  readonly namespace: string;
  /** Applies an `ApiKey` of its own name, whose Secret has that name too. */
  apply(spec?: Readonly<Record<string, unknown>>, name?: string): Promise<ObjectName>;
  applyReady(spec?: Readonly<Record<string, unknown>>): Promise<ObjectName>;
  requestRotation(name: ObjectName, at: string): Promise<void>;
  get(name: ObjectName): Promise<ApiKey | null>;
  /** Waits until the ApiKey looks like this. */
  until(name: ObjectName, what: string, check: (apiKey: ApiKey) => boolean): Promise<ApiKey>;
  value(name: ObjectName): Promise<string>;
  /** `null`: there is nothing to read. */
  findValue(name: ObjectName): Promise<string | null>;
  verify(secret: string): ReturnType<typeof verify>;
  /** What `verify` says of the value that a workload would read now. */
  verifyValue(name: ObjectName): ReturnType<typeof verify>;
}

/** The samples' rights for another namespace, and a grant without limits. */
const grantNamespace = async ({ cluster }: World, namespace: string): Promise<void> => {
  const samples = [
    ...(await readManifests("deploy/samples/namespace.yaml")),
    ...(await readManifests("deploy/samples/reconciler-rights.yaml")),
  ];
  const renamed = JSON.stringify(samples).replaceAll(`"${SAMPLE_NAMESPACE}"`, JSON.stringify(namespace));
  const manifests = JSON.parse(renamed) as typeof samples;
  const spec = { workspace: WORKSPACE, namespaces: [namespace], environments: ["production", "preview", "local"] };
  const grant = { apiVersion: "keys.itsy.dev/v1", kind: "WorkspaceGrant", metadata: { name: namespace }, spec };
  await applyManifests(cluster.client, [...manifests, grant]);
};

export const createTenant = async (world: World): Promise<Tenant> => {
  const { client } = world.cluster;
  const namespace = aName("tenant");
  await grantNamespace(world, namespace);

  const get = (name: ObjectName) => client.get(ApiKeys, name);
  const apply: Tenant["apply"] = async (spec = {}, name = aName("key")) => {
    const object = {
      apiVersion: "keys.itsy.dev/v1",
      kind: "ApiKey",
      metadata: { name, namespace },
      spec: { workspace: WORKSPACE, displayName: name, environment: "production", ...spec },
    };
    await client.apply(ApiKeys, object, { fieldManager: "test", force: true });
    return { namespace, name };
  };
  const findValue: Tenant["findValue"] = (name) => readSecretValue(client, name);
  const value: Tenant["value"] = async (name) => {
    const found = await findValue(name);
    if (found === null) throw new Error(`there is no value in the Secret ${name.name}`);
    return found;
  };
  return {
    namespace,
    apply,
    get,
    value,
    findValue,
    applyReady: async (spec) => {
      const name = await apply(spec);
      await waitUntilReady(client, name);
      return name;
    },
    requestRotation: async (name, at) => {
      await client.mergePatch(ApiKeys, name, { metadata: { annotations: { [ROTATE]: at } } });
    },
    until: (name, what, check) =>
      waitUntil(
        async () => {
          const apiKey = await get(name);
          return apiKey !== null && check(apiKey) && apiKey;
        },
        { what: `the ApiKey ${name.name} ${what}`, timeoutMs: 60_000 },
      ),
    verify: (secret) => verify(world.service, secret),
    verifyValue: async (name) => verify(world.service, await value(name)),
  };
};
