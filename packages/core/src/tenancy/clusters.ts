import type { ClusterAccessInput, ClusterList, ClusterView, CreateClusterInput } from "@itsy/contract";

import type { InstallationActor } from "../access/actor.ts";
import { record } from "../audit/record.ts";
import type { DomainDeps } from "../deps.ts";
import type { Cluster } from "../entities.ts";
import { DomainError, notFound } from "../errors.ts";
import { insertFirst } from "../insert-first.ts";
import type { Stores } from "../ports.ts";

const viewClusters = async (stores: Stores, clusters: readonly Cluster[]): Promise<ClusterView[]> => {
  const allowed = await stores.clusters.allowedWorkspaces(clusters.map(({ id }) => id));
  return clusters.map(({ id, slug, createdAt }) => ({
    id,
    slug,
    workspaces: (allowed.get(id) ?? []).map((workspace) => workspace.slug),
    createdAt: createdAt.toISOString(),
  }));
};

const viewCluster = async (stores: Stores, cluster: Cluster): Promise<ClusterView> => {
  const [view] = await viewClusters(stores, [cluster]);
  if (view === undefined) throw new Error("one cluster gives one view");
  return view;
};

type Deps = Pick<DomainDeps, "database" | "clock" | "ids">;

/** Changes whether a cluster may act for a workspace. Idempotent. @throws DomainError `NOT_FOUND`. */
const createSetAccess =
  ({ database, clock, ids }: Deps, change: "allow" | "disallow") =>
  async (actor: InstallationActor, input: ClusterAccessInput): Promise<ClusterView> =>
    database.transaction(async (stores) => {
      // Of several at once, each sees what the one before left, and the audit tells of that.
      const cluster = await stores.clusters.lock(input.cluster);
      if (cluster === null) throw notFound("cluster");
      const workspace = await stores.workspaces.findBySlug(input.workspace);
      if (workspace === null) throw notFound("workspace");
      const before = await stores.clusters.isAllowed(cluster.id, workspace.id);
      await stores.clusters[change](cluster.id, workspace.id);
      await record(
        { ids, stores },
        { actor, action: `clusters.${change}`, now: clock.now() },
        {
          workspaceId: workspace.id,
          target: { type: "cluster", id: cluster.id },
          before: { allowed: before },
          after: { allowed: change === "allow" },
        },
      );
      return viewCluster(stores, cluster);
    });

/** The clusters of the installation, and the workspaces that each may act for (none at first). */
export const createClusters = (deps: Deps) =>
  Object.freeze({
    /** @throws DomainError `ALREADY_EXISTS`. */
    create: async (actor: InstallationActor, { slug }: CreateClusterInput): Promise<ClusterView> =>
      deps.database.transaction(async (stores) => {
        if (await stores.clusters.findBySlug(slug))
          throw new DomainError("ALREADY_EXISTS", `there is a cluster ${slug} already`);
        const cluster: Cluster = { id: deps.ids.next("cl"), slug, createdAt: deps.clock.now() };
        await insertFirst(stores.clusters.insert(cluster));
        await record(
          { ids: deps.ids, stores },
          { actor, action: "clusters.create", now: cluster.createdAt },
          {
            workspaceId: null,
            target: { type: "cluster", id: cluster.id },
            before: null,
            after: { slug },
          },
        );
        return viewCluster(stores, cluster);
      }),
    list: async (_actor: InstallationActor): Promise<ClusterList> => {
      const stores = deps.database.read;
      return { clusters: await viewClusters(stores, await stores.clusters.list()) };
    },
    allow: createSetAccess(deps, "allow"),
    disallow: createSetAccess(deps, "disallow"),
  });
export type Clusters = ReturnType<typeof createClusters>;
