import { contained } from "./contained.ts";
import { createExchanger, type Exchanger } from "./exchange.ts";
import type {
  DeleteOptions,
  KubeClient,
  KubeClientOptions,
  ListOptions,
  ListPage,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./kube-client.ts";
import { createKubeConfigTransport, hostOf } from "./kube-config-transport.ts";
import { isAborted, isNotFound, type KubeError } from "./kube-error.ts";
import type { KubeObject, Stored } from "./kube-object.ts";
import { nameOf, type ObjectName } from "./object-name.ts";
import { collectionPath, objectPath, type Query, scopeOf } from "./resource-path.ts";
import type { ResourceType } from "./resource-type.ts";
import { linesOf, watchEventOf } from "./watch-stream.ts";

const json = "application/json";

interface WireList {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubeObject[] | null;
}

/** Only this object is missing. A 404 that names none means that the whole resource type is. */
const isMissing = (error: unknown, { name }: ObjectName): error is KubeError =>
  isNotFound(error) && error.subject === name;

const writeQuery = ({ fieldManager, dryRun }: WriteOptions): Query => ({
  fieldManager,
  dryRun: dryRun === true ? "All" : undefined,
});

const withType = <T extends KubeObject>({ apiVersion, kind }: ResourceType<T>, object: object): object => ({
  ...object,
  apiVersion,
  kind,
});

const createReads = (exchanger: Exchanger): Pick<KubeClient, "get" | "listPage" | "watch"> => ({
  get: async <T extends KubeObject>(type: ResourceType<T>, name: ObjectName, options = {}) => {
    try {
      return (await exchanger.json({ method: "GET", path: objectPath(type, name), options })) as Stored<T>;
    } catch (error) {
      if (isMissing(error, name)) return null;
      throw error;
    }
  },

  listPage: async <T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<ListPage<T>> => {
    const { namespace, signal: _, timeoutMs: __, ...query } = options;
    const list = (await exchanger.json({
      method: "GET",
      path: collectionPath(type, namespace, query),
      options,
    })) as WireList;
    return {
      // Items of a list come without their type.
      items: (list.items ?? []).map((item) => withType(type, item) as Stored<T>),
      resourceVersion: list.metadata?.resourceVersion ?? "",
      continue: list.metadata?.continue || null,
    };
  },

  async *watch<T extends KubeObject>(
    type: ResourceType<T>,
    { namespace, serverTimeoutMs, timeoutMs, ...query }: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const timeoutSeconds = serverTimeoutMs === undefined ? undefined : Math.ceil(serverTimeoutMs / 1000);
    const asked = { ...query, watch: true, allowWatchBookmarks: true, timeoutSeconds };
    const limits = timeoutMs === undefined ? { signal } : { signal, timeoutMs };
    const path = collectionPath(type, namespace, asked);
    try {
      for await (const line of linesOf(exchanger.stream({ method: "GET", path, options: limits }))) {
        const event = watchEventOf<T>(line, `watch ${type.plural}`);
        if (event !== null) yield event;
      }
    } catch (error) {
      if (!isAborted(error)) throw error;
    }
  },
});

const createDelete =
  (exchanger: Exchanger): KubeClient["delete"] =>
  async (type, name, options: DeleteOptions = {}) => {
    const { uid, resourceVersion, propagationPolicy } = options;
    const value = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy,
      preconditions: { uid, resourceVersion },
    };
    try {
      await exchanger.json({
        method: "DELETE",
        path: objectPath(type, name),
        body: { contentType: json, value },
        options,
      });
      return true;
    } catch (error) {
      if (isMissing(error, name)) return false;
      throw error;
    }
  };

const createWrites = (
  exchanger: Exchanger,
): Pick<KubeClient, "create" | "replace" | "mergePatch" | "jsonPatch" | "apply" | "delete"> => {
  const write = async <T extends KubeObject>(
    [method, path]: readonly ["POST" | "PUT" | "PATCH", string],
    body: { readonly contentType: string; readonly value: unknown },
    options: WriteOptions,
  ): Promise<Stored<T>> => (await exchanger.json({ method, path, body, options })) as Stored<T>;

  const pathOf = <T extends KubeObject>(type: ResourceType<T>, name: ObjectName, options: WriteOptions): string =>
    objectPath(type, name, { subresource: options.subresource, query: writeQuery(options) });

  return {
    create: (type, object, options = {}) => {
      const path = collectionPath(type, scopeOf(type, object.metadata), writeQuery(options));
      return write(["POST", path], { contentType: json, value: withType(type, object) }, options);
    },
    replace: (type, object, options = {}) => {
      const path = pathOf(type, nameOf(object), options);
      return write(["PUT", path], { contentType: json, value: withType(type, object) }, options);
    },
    // oxlint-disable-next-line max-params -- what, which one, the patch, and how
    mergePatch: (type, name, patch, options = {}) => {
      const body = { contentType: "application/merge-patch+json", value: patch };
      return write(["PATCH", pathOf(type, name, options)], body, options);
    },
    // oxlint-disable-next-line max-params -- what, which one, the patch, and how
    jsonPatch: (type, name, patch, options = {}) => {
      const body = { contentType: "application/json-patch+json", value: patch };
      return write(["PATCH", pathOf(type, name, options)], body, options);
    },
    apply: (type, object, options) => {
      const name = nameOf(object);
      const query = { ...writeQuery(options), force: options.force };
      const path = objectPath(type, name, { subresource: options.subresource, query });
      // JSON is YAML; the API server of every supported version knows this content type.
      return write(
        ["PATCH", path],
        { contentType: "application/apply-patch+yaml", value: withType(type, object) },
        options,
      );
    },
    delete: createDelete(exchanger),
  };
};

/** A client for any resource over kept connections, authenticated the way the kubeconfig says. */
export const createKubeClient = (options: KubeClientOptions): KubeClient => {
  const { kubeConfig, userAgent, requestTimeoutMs = 30_000 } = options;
  const onRequest = contained(options.onRequest ?? (() => {}));
  const direct = createKubeConfigTransport(kubeConfig);
  const transport = options.wrapTransport?.(direct) ?? direct;
  const exchanger = createExchanger({ transport, host: hostOf(kubeConfig), userAgent, requestTimeoutMs, onRequest });
  return Object.freeze({ ...createReads(exchanger), ...createWrites(exchanger), close: () => transport.close() });
};
