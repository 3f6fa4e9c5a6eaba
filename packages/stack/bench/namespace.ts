import type { KubeClient } from "@itsy/controller-runtime";

import { applyManifests, readManifests } from "../src/manifests.ts";

/** A namespace of its own, with or without the right to turn its ApiKeys into keys. */
export const prepareNamespace = async (
  client: KubeClient,
  namespace: string,
  { isGranted }: { readonly isGranted: boolean },
): Promise<string> => {
  const samples = [
    ...(await readManifests("deploy/samples/namespace.yaml")),
    ...(await readManifests("deploy/samples/reconciler-rights.yaml")),
  ];
  const manifests = JSON.parse(
    JSON.stringify(samples).replaceAll('"shop"', JSON.stringify(namespace)),
  ) as typeof samples;
  const spec = { workspace: "acme", namespaces: [namespace], environments: ["production"] };
  const grant = { apiVersion: "keys.itsy.dev/v1", kind: "WorkspaceGrant", metadata: { name: namespace }, spec };
  await applyManifests(client, isGranted ? [...manifests, grant] : manifests);
  return namespace;
};
