import { type KubeClient, type ObjectName, Secrets } from "@itsy/controller-runtime";

import { ApiKeys } from "../src/api-key.ts";

const VALUE = Buffer.from("itsy_production_sk_000000000000000000000000000000000000").toString("base64");
const CONDITION = {
  status: "True" as const,
  reason: "Delivered",
  message: "Revision 1 is in the Secret.",
  observedGeneration: 1,
};

/**
 * The writes that a new ApiKey costs at the least, one after another and without anything between them: the create that
 * the person makes, and finalizer, staging Secret, target Secret, the end of the staging Secret and status. The event,
 * which the reconciler writes beside them, is not among them.
 */
export const replayWrites = async (client: KubeClient, { namespace, name }: Required<ObjectName>): Promise<void> => {
  const at = { namespace, name };
  const spec = { workspace: "acme", displayName: name, environment: "production" };
  const metadata = { name, namespace, annotations: {} };
  const created = await client.create(ApiKeys, { apiVersion: "keys.itsy.dev/v1", kind: "ApiKey", metadata, spec });
  const { uid } = created.metadata;
  const owner = { apiVersion: "keys.itsy.dev/v1", kind: "ApiKey", name, uid, controller: true };
  const secret = (secretName: string) => ({
    metadata: { name: secretName, namespace, ownerReferences: [owner] },
    data: { apiKey: VALUE },
  });
  await client.mergePatch(ApiKeys, at, { metadata: { finalizers: ["keys.itsy.dev/release"] } });
  await client.create(Secrets, { ...secret(`${name}-r1-${uid.slice(0, 8)}`), immutable: true });
  await client.create(Secrets, secret(name));
  await client.delete(Secrets, { namespace, name: `${name}-r1-${uid.slice(0, 8)}` });
  const conditions = ["Ready", "Reconciling", "Stalled"].map((type) => ({
    ...CONDITION,
    type,
    lastTransitionTime: new Date().toISOString(),
  }));
  await client.mergePatch(
    ApiKeys,
    at,
    { status: { conditions, observedGeneration: 1, revision: 1 } },
    { subresource: "status" },
  );
};
