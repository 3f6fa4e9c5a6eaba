import type { Database, Project, Workspace } from "@itsy/core";

import type { Rows } from "./rows.ts";

/** Stores a workspace and a project for a test's keys. */
export const storeTenant = async (
  database: Database,
  rows: Rows,
): Promise<{ workspace: Workspace; project: Project; owner: { workspaceId: string; projectId: string } }> => {
  const workspace = rows.workspace();
  const project = rows.project({ workspaceId: workspace.id });
  await database.transaction(async ({ workspaces, projects }) => {
    await workspaces.insert(workspace);
    await projects.insert(project);
  });
  return { workspace, project, owner: { workspaceId: workspace.id, projectId: project.id } };
};
