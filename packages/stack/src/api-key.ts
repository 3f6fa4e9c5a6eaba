import {
  type Condition,
  defineResource,
  type KubeClient,
  type KubeObject,
  type ObjectName,
  Secrets,
} from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";

/** As much of an `ApiKey` as a user of it reads. */
export interface ApiKey extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly observedGeneration?: number;
    readonly keyId?: string;
    readonly displayPrefix?: string;
    readonly revision?: number;
    readonly restartedRevision?: number;
    readonly propagatedRevision?: number;
    readonly retiringUntil?: string;
    readonly lastHandledRotateRequest?: string;
    readonly revocation?: { readonly keyId: string };
  };
}

export const ApiKeys = defineResource<ApiKey>({
  apiVersion: "keys.itsy.dev/v1",
  kind: "ApiKey",
  plural: "apikeys",
  namespaced: true,
});

const READY_TIMEOUT_MS = 60_000;

/** The condition of the type, where it speaks of the latest generation. */
export const conditionOf = (apiKey: ApiKey | null, type: string): Condition | undefined =>
  apiKey?.status?.conditions?.find(
    (condition) => condition.type === type && condition.observedGeneration === apiKey.metadata.generation,
  );

export const waitUntilReady = (client: KubeClient, name: ObjectName): Promise<ApiKey> =>
  waitUntil(
    async () => {
      const apiKey = await client.get(ApiKeys, name);
      return conditionOf(apiKey, "Ready")?.status === "True" && apiKey;
    },
    { what: `the ApiKey ${name.namespace}/${name.name} is Ready`, timeoutMs: READY_TIMEOUT_MS },
  );

/** The value that a workload would read; `null` when there is no such Secret or key in it. */
export const readSecretValue = async (client: KubeClient, name: ObjectName, key = "apiKey"): Promise<string | null> => {
  const secret = await client.get(Secrets, name);
  const encoded = secret?.data?.[key];
  return encoded === undefined ? null : Buffer.from(encoded, "base64").toString("utf8");
};
