import {
  ConcurrentChange,
  type Workspace,
  type WorkspaceChange,
  type WorkspaceStore,
  type WorkspacesPage,
} from "@itsy/core";
import { type EntityManager, In, MoreThan } from "typeorm";

import type { Session } from "../session.ts";
import { definedOnly } from "./defined-only.ts";

const table = (manager: EntityManager) => manager.getRepository<Workspace>("workspaces");

const update = async (manager: EntityManager, workspace: Workspace, change: WorkspaceChange): Promise<Workspace> => {
  const next = { ...(definedOnly(change) as Partial<Workspace>), version: workspace.version + 1 };
  const { affected } = await table(manager)
    .createQueryBuilder()
    .update()
    .set(next)
    // Empty in the rows that are older than the column.
    .where("id = :id AND COALESCE(version, 1) = :version", { id: workspace.id, version: workspace.version })
    .execute();
  if (affected !== 1) throw new ConcurrentChange("the workspace");
  return { ...workspace, ...next };
};

export const createWorkspaceStore = (session: Session): WorkspaceStore =>
  Object.freeze({
    insert: (workspace: Workspace) => session.insertRow("workspaces", workspace),
    findById: (id: string) => session.findRow<Workspace>("workspaces", { id }),
    findBySlug: (slug: string) => session.findRow<Workspace>("workspaces", { slug }),
    lock: (id: string) => session.lockRow<Workspace>("workspaces", { id }),
    update: (workspace: Workspace, change: WorkspaceChange) =>
      session.write((manager) => update(manager, workspace, change)),
    findMany: (ids: readonly string[]) => session.read((manager) => table(manager).findBy({ id: In([...ids]) })),
    list: ({ after, limit }: WorkspacesPage) =>
      session.read((manager) =>
        table(manager).find({
          ...(after !== undefined && { where: { slug: MoreThan(after) } }),
          order: { slug: "ASC" },
          take: limit,
        }),
      ),
  });
