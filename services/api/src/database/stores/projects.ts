import type { ApiKey, Project, ProjectStore } from "@itsy/core";
import type { EntityManager } from "typeorm";

import { orConcurrentChange } from "../reference-gone.ts";
import type { Session } from "../session.ts";

const table = (manager: EntityManager) => manager.getRepository<Project>("projects");

export const createProjectStore = (session: Session): ProjectStore =>
  Object.freeze({
    insert: (project: Project) => session.insertRow("projects", project),
    findBySlug: (workspaceId: string, slug: string) => session.findRow<Project>("projects", { workspaceId, slug }),
    lock: (workspaceId: string, slug: string) => session.lockRow<Project>("projects", { workspaceId, slug }),
    list: (workspaceId: string) =>
      session.findRows<Project>("projects", {
        sql: "workspace_id = ? ORDER BY slug",
        values: [["workspaceId", workspaceId]],
      }),
    rename: ({ id, workspaceId }: Project, name: string) =>
      session.write(async (manager) => {
        await table(manager).update({ id, workspaceId }, { name });
      }),
    hasKeys: ({ id: projectId }: Project) =>
      session.read((manager) => manager.getRepository<ApiKey>("api_keys").existsBy({ projectId })),
    delete: ({ id, workspaceId }: Project) =>
      orConcurrentChange(
        "the project",
        session.write(async (manager) => {
          await table(manager).delete({ id, workspaceId });
          // It has no keys, so they are all zero together.
          await manager.getRepository("key_counts").delete({ workspaceId, projectId: id });
        }),
      ),
  });
