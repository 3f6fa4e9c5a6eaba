import type { Project, ProjectStore } from "@itsy/core";
import type { EntityManager } from "typeorm";

import type { Session } from "../session.ts";
import { insertRow } from "./insert-row.ts";

const table = (manager: EntityManager) => manager.getRepository<Project>("projects");

export const createProjectStore = (session: Session): ProjectStore =>
  Object.freeze({
    insert: (project: Project) => session.write((manager) => insertRow(manager, "projects", project)),
    findBySlug: (workspaceId: string, slug: string) =>
      session.read((manager) => table(manager).findOneBy({ workspaceId, slug })),
    list: (workspaceId: string) =>
      session.read((manager) => table(manager).find({ where: { workspaceId }, order: { slug: "ASC" } })),
  });
