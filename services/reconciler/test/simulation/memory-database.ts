import {
  type ApiKey,
  type Binding,
  ConcurrentChange,
  type Database,
  DuplicateRow,
  type SecretVersion,
  type Stores,
  type Workspace,
} from "@itsy/core";

const created = new Date(0);
export const CLUSTER_ID = "cl_1";
export const WORKSPACE = "acme";
const workspace: Workspace = {
  id: "ws_1",
  slug: WORKSPACE,
  name: "Acme",
  defaultRequestsPerMinute: null,
  requestsPerMinuteMax: null,
  defaultKeyLifetimeDays: null,
  keyLifetimeDaysMax: null,
  keysMax: null,
  quotaPerMonth: null,
  quotaMode: "notify",
  leakPolicy: "notify",
  createdAt: created,
  version: 1,
};
const project = { id: "prj_1", workspaceId: workspace.id, slug: "default", name: "Default", createdAt: created };

interface Rows {
  readonly keys: Map<string, ApiKey>;
  readonly versions: Map<string, SecretVersion>;
  readonly bindings: Map<string, Binding>;
}

const hex = (digest: Uint8Array) => Buffer.from(digest).toString("hex");

/** A store that has the methods which the delivery uses, and says so when it comes to use others. */
const only = <Store extends object>(methods: Partial<Store>): Store =>
  new Proxy(methods as Store, {
    get: (target, name) => {
      if (name in target) return Reflect.get(target, name);
      throw new Error(`the simulation has no ${String(name)}`);
    },
  });

const createStores = ({ keys, versions, bindings }: Rows): Stores =>
  only<Stores>({
    workspaces: only<Stores["workspaces"]>({
      findById: async () => workspace,
      findBySlug: async (slug) => (slug === workspace.slug ? workspace : null),
    }),
    projects: only<Stores["projects"]>({
      findBySlug: async (_, slug) => (slug === project.slug ? project : null),
      list: async () => [project],
    }),
    clusters: only<Stores["clusters"]>({
      isAllowed: async () => true,
      allowedWorkspaces: async () => new Map([[CLUSTER_ID, [workspace as never]]]),
    }),
    keys: only<Stores["keys"]>({
      insert: async (key) => void keys.set(key.id, key),
      findById: async (_, id) => keys.get(id) ?? null,
      findForCluster: async (_, id) => keys.get(id) ?? null,
      update: async (key, change) => {
        const current = keys.get(key.id);
        if (current?.version !== key.version) throw new ConcurrentChange("key");
        const next = { ...current, ...change, version: key.version + 1 };
        keys.set(key.id, next);
        return next;
      },
      announce: () => undefined,
    }),
    versions: only<Stores["versions"]>({
      insert: async (version) => {
        if ([...versions.values()].some(({ digest }) => hex(digest) === hex(version.digest)))
          throw new DuplicateRow("secret_versions");
        versions.set(version.id, version);
      },
      listValid: async (keyIds, at) =>
        [...versions.values()]
          .filter(({ keyId, validUntil }) => keyIds.includes(keyId) && (validUntil === null || validUntil > at))
          .sort((a, b) => a.revision - b.revision),
      findByDigest: async (digests) => {
        const wanted = new Set(digests.map(hex));
        return [...versions.values()].find(({ digest }) => wanted.has(hex(digest))) ?? null;
      },
      update: async (id, change) => void versions.set(id, { ...(versions.get(id) as SecretVersion), ...change }),
    }),
    bindings: only<Stores["bindings"]>({
      insert: async (binding) => {
        if (bindings.has(binding.ownerUid)) throw new DuplicateRow("bindings");
        bindings.set(binding.ownerUid, binding);
      },
      findByOwner: async (_, ownerUid) => bindings.get(ownerUid) ?? null,
      listByKeys: async (keyIds) =>
        [...bindings.values()].filter(
          ({ keyId, releasedAt }) => keyId !== null && releasedAt === null && keyIds.includes(keyId),
        ),
      update: async (binding, change) =>
        void bindings.set(binding.ownerUid, { ...(bindings.get(binding.ownerUid) as Binding), ...change }),
    }),
    audit: only<Stores["audit"]>({ append: async () => {} }),
    usage: only<Stores["usage"]>({ requestsSince: async () => new Map() }),
  });

/** The tables of one workspace in memory. Transactions run one after the other, and leave nothing when they fail. */
export const createMemoryDatabase = () => {
  const rows: Rows = { keys: new Map(), versions: new Map(), bindings: new Map() };
  const stores = createStores(rows);
  const restore = (saved: Rows) => {
    for (const table of ["keys", "versions", "bindings"] as const) {
      rows[table].clear();
      for (const [id, row] of saved[table]) (rows[table] as Map<string, unknown>).set(id, row);
    }
  };
  const transaction = async <Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> => {
    const saved = { keys: new Map(rows.keys), versions: new Map(rows.versions), bindings: new Map(rows.bindings) };
    try {
      return await work(stores);
    } catch (error) {
      restore(saved);
      throw error;
    }
  };
  const commit: Database["commit"] = async (work) => ({
    result: await transaction(work),
    everywhere: Promise.resolve({ effectiveEverywhere: true, waitedMs: 0 }),
  });
  const database: Database = {
    read: stores,
    onKeysChanged: () => {},
    transaction,
    commit,
    commitShared: commit,
    troubleOf: () => null,
  };
  return { database, rows };
};
