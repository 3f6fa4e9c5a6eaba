import type { Workspace, WorkspaceStore } from "@itsy/core";
import type { EntityManager } from "typeorm";

import type { Session } from "../session.ts";
import { insertRow } from "./insert-row.ts";

const table = (manager: EntityManager) => manager.getRepository<Workspace>("workspaces");

export const createWorkspaceStore = (session: Session): WorkspaceStore =>
  Object.freeze({
    insert: (workspace: Workspace) => session.write((manager) => insertRow(manager, "workspaces", workspace)),
    findById: (id: string) => session.read((manager) => table(manager).findOneBy({ id })),
    findBySlug: (slug: string) => session.read((manager) => table(manager).findOneBy({ slug })),
    list: () => session.read((manager) => table(manager).find({ order: { slug: "ASC" } })),
  });
