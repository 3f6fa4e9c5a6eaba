/** Times on the wire are RFC 3339 strings; nothing here turns them into a `Date`. */
export type KubeTime = string;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: "Apply" | "Update";
  readonly subresource?: string;
  readonly apiVersion?: string;
  readonly time?: KubeTime;
  readonly fieldsType?: string;
  readonly fieldsV1?: object;
}

/** Metadata as somebody writes them. What the server fills in is optional here and certain in `StoredMeta`. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly uid?: string;
  /** Opaque: compare for equality only. */
  readonly resourceVersion?: string;
  /** Counts changes of `spec`; absent on kinds that do not count. */
  readonly generation?: number;
  readonly creationTimestamp?: KubeTime;
  readonly deletionTimestamp?: KubeTime;
  readonly managedFields?: readonly ManagedFields[];
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

export interface StoredMeta extends ObjectMeta {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: KubeTime;
}

/** An object as the server returned it. */
export type Stored<T extends KubeObject> = T & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: StoredMeta;
};

type Partially<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Partially<T[K]> }
    : T;

/** What a server-side apply declares: the fields that the field manager wants to own, and a name. */
export type Applied<T extends KubeObject> = Partially<Omit<T, "metadata">> & {
  readonly metadata: Partially<Omit<ObjectMeta, "name" | "managedFields">> & { readonly name: string };
};

/** An RFC 7396 merge patch: present fields replace, `null` removes, arrays are replaced as a whole. */
export type MergePatch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: MergePatch<T[K]> | null }
    : T;

/** One operation of an RFC 6902 JSON patch; paths are JSON pointers. */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string };
