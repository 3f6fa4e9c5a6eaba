import { ConfigMaps, createController, createKubeClient, createReflector, formatName } from "@itsy/controller-runtime";
import { KubeConfig } from "@kubernetes/client-node";

// Copies each ConfigMap with the label example.dev/copy-to: NAMESPACE there, and keeps the copy as the original is.
const [copyTo, copyOf] = ["example.dev/copy-to", "example.dev/copied-from"];

const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();
const client = createKubeClient({ kubeConfig, userAgent: "config-map-copier" });
const watched = { client, type: ConfigMaps, onError: (error: unknown) => process.stderr.write(`${String(error)}\n`) };

const originals = createReflector({ ...watched, labelSelector: copyTo });
const copies = createReflector({
  ...watched,
  labelSelector: copyOf,
  indexes: { original: ({ metadata }) => [`${metadata.labels?.[copyOf]}/${metadata.name}`] },
});

const controller = createController({
  name: "config-map-copier",
  sources: [
    { reflector: originals },
    { reflector: copies, toNames: ({ metadata: { labels, name } }) => [{ namespace: labels?.[copyOf] ?? "", name }] },
  ],
  reconcile: async (name) => {
    const original = originals.store.get(name);
    const namespace = original?.metadata.labels?.[copyTo];
    for (const { metadata } of copies.store.byIndex("original", formatName(name)))
      if (metadata.namespace !== namespace) await client.delete(ConfigMaps, metadata, { uid: metadata.uid });
    if (original === null || namespace === undefined) return;
    const labels = { [copyOf]: original.metadata.namespace ?? "" };
    const copy = { metadata: { namespace, name: name.name, labels }, data: original.data ?? {} };
    await client.apply(ConfigMaps, copy, { fieldManager: "config-map-copier", force: true });
  },
});

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
await Promise.all([originals, copies, controller].map((part) => part.run(stop.signal)));
await client.close();
