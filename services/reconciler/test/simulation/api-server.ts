import {
  type DeleteOptions,
  KubeError,
  type KubeObject,
  type ObjectName,
  type ResourceType,
  type Stored,
} from "@itsy/controller-runtime";

type Any = Stored<KubeObject> & Readonly<Record<string, unknown>>;
type Json = Readonly<Record<string, unknown>>;
type Type = ResourceType<KubeObject>;

const failure = (status: number, reason: string, subject: string) =>
  new KubeError({ status, reason, message: `${subject}: ${reason}`, subject });

const isMap = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** RFC 7396. */
const merged = (target: unknown, patch: unknown): unknown => {
  if (!isMap(patch)) return patch;
  const result: Record<string, unknown> = isMap(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
};

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/**
 * As much of an API server as the reconciler relies on: uids, resourceVersions and preconditions, names that are taken,
 * finalizers, the status subresource, immutable Secrets, patches that change nothing and write nothing, and (when it is
 * told to) the garbage collector. Every call is atomic.
 */
export const createApiServer = ({ now }: { readonly now: () => Date }) => {
  const objects = new Map<string, Any>();
  let version = 0;
  let uids = 0;
  const writes: string[] = [];

  const keyOf = ({ plural }: Type, { namespace = "", name }: ObjectName) => `${plural}/${namespace}/${name}`;
  const find = (type: Type, name: ObjectName): Any => {
    const found = objects.get(keyOf(type, name));
    if (found === undefined) throw failure(404, "NotFound", name.name);
    return found;
  };

  const store = (type: Type, object: Any): Any => {
    version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const { deletionTimestamp, finalizers = [] } = stored.metadata;
    const isOver = deletionTimestamp !== undefined && finalizers.length === 0;
    if (isOver) objects.delete(keyOf(type, stored.metadata));
    else objects.set(keyOf(type, stored.metadata), stored);
    return stored;
  };

  const assertPreconditions = (current: Any, wanted: { uid?: unknown; resourceVersion?: unknown }) => {
    const { uid, resourceVersion, name } = current.metadata;
    if (wanted.uid !== undefined && wanted.uid !== uid) throw failure(409, "Conflict", name);
    if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion)
      throw failure(409, "Conflict", name);
  };

  /** What is stored instead of `current` when somebody asks for `next`. */
  const admitted = (current: Any, next: Any, subresource?: string): Any => {
    const { metadata } = current;
    if (subresource === "status") return { ...current, status: next["status"] };
    if (current["immutable"] === true && !same(current["data"], next["data"]))
      throw failure(422, "Invalid", metadata.name);
    const added = (next.metadata.finalizers ?? []).filter((it) => !metadata.finalizers?.includes(it));
    if (metadata.deletionTimestamp !== undefined && added.length > 0) throw failure(422, "Invalid", metadata.name);
    const { uid, creationTimestamp, deletionTimestamp } = metadata;
    const generation = (metadata.generation ?? 1) + (same(current["spec"], next["spec"]) ? 0 : 1);
    const kept = { uid, creationTimestamp, generation, ...(deletionTimestamp !== undefined && { deletionTimestamp }) };
    return { ...next, status: current["status"], metadata: { ...next.metadata, ...kept } };
  };

  const server = {
    /** What was written, in words. Reads and writes that changed nothing are not among it. */
    writes: writes as readonly string[],
    get: (type: Type, name: ObjectName): Any | null => objects.get(keyOf(type, name)) ?? null,
    list: (type: Type, namespace?: string): readonly Any[] =>
      [...objects].flatMap(([key, object]) => {
        const isMeant = namespace === undefined || object.metadata.namespace === namespace;
        return key.startsWith(`${type.plural}/`) && isMeant ? [object] : [];
      }),
    create: (type: Type, object: KubeObject): Any => {
      const { name } = object.metadata;
      if (objects.has(keyOf(type, object.metadata))) throw failure(409, "AlreadyExists", name);
      uids += 1;
      const uid = `${uids.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
      writes.push(`create ${type.plural} ${name}`);
      const metadata = { ...object.metadata, uid, generation: 1, creationTimestamp: now().toISOString() };
      return store(type, { apiVersion: type.apiVersion, kind: type.kind, ...object, metadata } as Any);
    },
    mergePatch: (type: Type, name: ObjectName, patch: object, options: { subresource?: string } = {}): Any => {
      const current = find(type, name);
      const wanted = (patch as { metadata?: Json }).metadata ?? {};
      assertPreconditions(current, wanted);
      const next = admitted(current, merged(current, patch) as Any, options.subresource);
      if (same({ ...next, metadata: { ...next.metadata, resourceVersion: "" } }, withoutVersion(current)))
        return current;
      writes.push(`patch ${type.plural}${options.subresource ? `/${options.subresource}` : ""} ${name.name}`);
      return store(type, next);
    },
    delete: (type: Type, name: ObjectName, wanted: DeleteOptions = {}): boolean => {
      const current = objects.get(keyOf(type, name));
      if (current === undefined) return false;
      assertPreconditions(current, wanted);
      if (current.metadata.deletionTimestamp !== undefined) return true;
      writes.push(`delete ${type.plural} ${name.name}`);
      store(type, { ...current, metadata: { ...current.metadata, deletionTimestamp: now().toISOString() } });
      return true;
    },
    /** Takes away what belongs to objects that are gone. */
    collectGarbage: (type: Type, owners: Type): void => {
      const alive = new Set(server.list(owners).map(({ metadata }) => metadata.uid));
      for (const { metadata } of server.list(type)) {
        const isOrphan = metadata.ownerReferences?.some(({ uid }) => !alive.has(uid)) ?? false;
        if (isOrphan) server.delete(type, metadata);
      }
    },
  };
  return server;
};
export type ApiServer = ReturnType<typeof createApiServer>;

const withoutVersion = (object: Any) => ({ ...object, metadata: { ...object.metadata, resourceVersion: "" } });
