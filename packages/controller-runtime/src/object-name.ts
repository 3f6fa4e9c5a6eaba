/** The name of one object. Cluster-scoped objects have no namespace. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

/** `namespace/name`, or `name` for a cluster-scoped object: the key of queues and stores. */
export const formatName = ({ namespace, name }: ObjectName): string =>
  namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;

/** The reverse of `formatName`. Neither part of a Kubernetes name can hold a slash. */
export const parseName = (key: string): ObjectName => {
  const slash = key.indexOf("/");
  return slash === -1 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};

/** The name of an object as its metadata give it. */
export const nameOf = ({ metadata }: { readonly metadata: ObjectName }): ObjectName =>
  metadata.namespace === undefined ? { name: metadata.name } : { namespace: metadata.namespace, name: metadata.name };
