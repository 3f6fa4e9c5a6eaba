import type { Cluster, ClusterStore, Workspace } from "@itsy/core";
import { type EntityManager, In } from "typeorm";

import type { ClusterWorkspace } from "../schema/cluster-workspaces.ts";
import type { Session } from "../session.ts";

const table = (manager: EntityManager) => manager.getRepository<Cluster>("clusters");
const grants = (manager: EntityManager) => manager.getRepository<ClusterWorkspace>("cluster_workspaces");

const listAllowed = async (
  manager: EntityManager,
  clusterIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Workspace[]>> => {
  const allowed = new Map<string, Workspace[]>(clusterIds.map((id) => [id, []]));
  const rows = await grants(manager).findBy({ clusterId: In([...clusterIds]) });
  const ids = [...new Set(rows.map(({ workspaceId }) => workspaceId))];
  const workspaces = await manager
    .getRepository<Workspace>("workspaces")
    .find({ where: { id: In(ids) }, order: { slug: "ASC" } });
  const pairs = new Set(rows.map(({ clusterId, workspaceId }) => `${clusterId} ${workspaceId}`));
  for (const [clusterId, list] of allowed) {
    list.push(...workspaces.filter(({ id }) => pairs.has(`${clusterId} ${id}`)));
  }
  return allowed;
};

export const createClusterStore = (session: Session): ClusterStore =>
  Object.freeze({
    insert: (cluster: Cluster) => session.insertRow("clusters", cluster),
    findById: (id: string) => session.read((manager) => table(manager).findOneBy({ id })),
    findBySlug: (slug: string) => session.read((manager) => table(manager).findOneBy({ slug })),
    lock: (slug: string) => session.lockRow<Cluster>("clusters", { slug }),
    list: () => session.read((manager) => table(manager).find({ order: { slug: "ASC" } })),
    allow: (clusterId: string, workspaceId: string) =>
      session.write(async (manager) => {
        // Not `upsert`: with nothing left to overwrite it becomes INSERT IGNORE, which swallows a missing workspace, too.
        const insert = grants(manager).createQueryBuilder().insert().values({ clusterId, workspaceId });
        await insert.orUpdate(["workspace_id"], ["cluster_id", "workspace_id"]).execute();
      }),
    disallow: (clusterId: string, workspaceId: string) =>
      session.write(async (manager) => {
        await grants(manager).delete({ clusterId, workspaceId });
      }),
    isAllowed: async (clusterId: string, workspaceId: string) =>
      (await session.findRow<ClusterWorkspace>("cluster_workspaces", { clusterId, workspaceId })) !== null,
    allowedWorkspaces: (clusterIds: readonly string[]) => session.read((manager) => listAllowed(manager, clusterIds)),
  });
