import { readFile } from "node:fs/promises";

import { defineResource, type KubeClient, type KubeObject } from "@itsy/controller-runtime";
import { parseAllDocuments } from "yaml";
import { z } from "zod";

import { inRepository } from "./repository.ts";

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.exactOptional(z.string()) }),
});
type Manifest = z.infer<typeof Manifest>;

/** The manifests of a YAML text. */
export const parseManifests = (text: string): Manifest[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as unknown)
    .filter((value) => value !== null)
    .map((value) => Manifest.parse(value));

const CLUSTER_SCOPED = new Set(["Namespace", "ClusterRole", "ClusterRoleBinding", "WorkspaceGrant"]);

/** The manifests of a YAML file; the path is from the repository's root. */
export const readManifests = async (path: string): Promise<Manifest[]> =>
  parseManifests(await readFile(inRepository(path), "utf8"));

/** Puts what belongs to a namespace into this one, as kustomize does. */
export const inNamespace = (manifests: readonly Manifest[], namespace: string): Manifest[] =>
  manifests.map((manifest) =>
    CLUSTER_SCOPED.has(manifest.kind) ? manifest : { ...manifest, metadata: { ...manifest.metadata, namespace } },
  );

/** What `kubectl apply -k deploy/samples` applies, but the pod: nothing here would run it. */
export const readSamples = async (): Promise<Manifest[]> => [
  ...(await readManifests("deploy/samples/namespace.yaml")),
  ...(await readManifests("deploy/samples/reconciler-rights.yaml")),
  ...(await readManifests("deploy/samples/workspace-grant.yaml")),
  ...(await readManifests("deploy/samples/apikey.yaml")),
];

/** Server-side apply, one after another. The plural of each kind must be the regular one. */
export const applyManifests = async (client: KubeClient, manifests: readonly Manifest[]): Promise<void> => {
  for (const manifest of manifests) {
    const { apiVersion, kind, metadata } = manifest;
    const type = defineResource<KubeObject>({
      apiVersion,
      kind,
      plural: `${kind.toLowerCase()}s`,
      namespaced: metadata.namespace !== undefined,
    });
    await client.apply(type, manifest, { fieldManager: "itsy-stack", force: true });
  }
};
