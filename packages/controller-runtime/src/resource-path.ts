import type { KubeObject } from "./kube-object.ts";
import type { ObjectName } from "./object-name.ts";
import type { ResourceType } from "./resource-type.ts";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

const withQuery = (path: string, query: Query): string => {
  const set = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set).toString()}`;
};

/** The path of a collection; all namespaces when none is given. */
export const collectionPath = <T extends KubeObject>(
  { apiVersion, plural }: ResourceType<T>,
  namespace: string | undefined,
  query: Query = {},
): string => {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return withQuery(`${group}${scope}/${plural}`, query);
};

/** The namespace in which an object of this type lives; a mistake of the caller throws here and not at the server. */
export const scopeOf = <T extends KubeObject>(
  type: ResourceType<T>,
  { namespace, name }: ObjectName,
): string | undefined => {
  if (!type.namespaced) return undefined;
  if (namespace === undefined || namespace === "") throw new TypeError(`${type.kind} "${name}" needs a namespace.`);
  return namespace;
};

export const objectPath = <T extends KubeObject>(
  type: ResourceType<T>,
  name: ObjectName,
  options: { readonly subresource?: string | undefined; readonly query?: Query } = {},
): string => {
  if (name.name === "") throw new TypeError(`A ${type.kind} needs a name.`);
  const path = `${collectionPath(type, scopeOf(type, name))}/${encodeURIComponent(name.name)}`;
  return withQuery(options.subresource === undefined ? path : `${path}/${options.subresource}`, options.query ?? {});
};
