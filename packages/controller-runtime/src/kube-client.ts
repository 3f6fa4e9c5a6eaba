import type { KubeConfig } from "@kubernetes/client-node";
import type { Applied, JsonPatchOperation, KubeObject, MergePatch, Stored } from "./kube-object.ts";
import type { ObjectName } from "./object-name.ts";
import type { ResourceType } from "./resource-type.ts";
import type { HttpMethod, Transport } from "./transport.ts";

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Until the whole answer has come (for a watch: until it has begun). Default: the client's. */
  readonly timeoutMs?: number;
}

export interface WriteOptions extends RequestOptions {
  readonly subresource?: "status" | "scale";
  /** Who owns the written fields. Default: the API server takes it from the user agent. */
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Take fields from other managers instead of a `Conflict`. */
  readonly force?: boolean;
}

export interface DeleteOptions extends RequestOptions {
  /** Preconditions: a `Conflict` when the object is another one by now. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

export interface SelectionOptions {
  /** One namespace; without it, all of them. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListOptions extends SelectionOptions, RequestOptions {
  /** Objects in a page; without it, everything comes in one. */
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface ListPage<T extends KubeObject> {
  readonly items: readonly Stored<T>[];
  readonly resourceVersion: string;
  /** Token of the next page; `null` on the last one. */
  readonly continue: string | null;
}

export interface WatchOptions extends SelectionOptions {
  readonly resourceVersion?: string;
  /** The server ends the watch after this time. */
  readonly serverTimeoutMs?: number;
  /** Until the server has accepted the watch. Default: the client's request timeout. */
  readonly timeoutMs?: number;
}

export type WatchEvent<T extends KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: Stored<T>; readonly resourceVersion: string }
  /** No object changed; a later watch may start from here. */
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/** Told once for each request, when its answer begins or fails. `status` is 0 when no answer came. */
export type OnRequest = (request: {
  readonly method: HttpMethod;
  /** Of the API server, with its port where it has one. */
  readonly host: string;
  readonly status: number;
  readonly durationMs: number;
}) => void;

export interface KubeClientOptions {
  readonly kubeConfig: KubeConfig;
  readonly userAgent: string;
  /** Default 30 s. */
  readonly requestTimeoutMs?: number;
  readonly onRequest?: OnRequest;
  /** Wraps the connection to the API server, for example to lose answers in a test. */
  readonly wrapTransport?: (transport: Transport) => Transport;
}

/** Typed requests for any resource. Every method rejects with a `KubeError` and with nothing else. */
export interface KubeClient {
  /** `null` when there is none. */
  get<T extends KubeObject>(
    type: ResourceType<T>,
    name: ObjectName,
    options?: RequestOptions,
  ): Promise<Stored<T> | null>;
  listPage<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<ListPage<T>>;
  /** `AlreadyExists` (see `isAlreadyExists`) when the name is taken. */
  create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  /** PUT. With `metadata.resourceVersion` a `Conflict` when the object changed since. */
  replace<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  /** A `metadata.resourceVersion` in the patch is a precondition. */
  mergePatch<T extends KubeObject>(
    type: ResourceType<T>,
    name: ObjectName,
    patch: MergePatch<T>,
    options?: WriteOptions,
  ): Promise<Stored<T>>;
  jsonPatch<T extends KubeObject>(
    type: ResourceType<T>,
    name: ObjectName,
    patch: readonly JsonPatchOperation[],
    options?: WriteOptions,
  ): Promise<Stored<T>>;
  /** Server-side apply: creates or updates; a `metadata.resourceVersion` in the object is a precondition. */
  apply<T extends KubeObject>(type: ResourceType<T>, object: Applied<T>, options: ApplyOptions): Promise<Stored<T>>;
  /** `false` when there was none. */
  delete<T extends KubeObject>(type: ResourceType<T>, name: ObjectName, options?: DeleteOptions): Promise<boolean>;
  /**
   * Ends when the server ends it or the signal aborts; throws a `KubeError` on everything else (`isGone`: list again).
   * Bookmarks are asked for.
   */
  watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** Ends the idle connections and waits for the busy ones. */
  close(): Promise<void>;
}
