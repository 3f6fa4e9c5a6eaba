import type { Project } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import { references } from "./references.ts";

export const projects = (types: ColumnTypes): EntitySchema<Project> =>
  new EntitySchema<Project>({
    name: "projects",
    columns: {
      id: { ...types.id, primary: true },
      workspaceId: { ...types.id, name: "workspace_id" },
      slug: types.slug,
      name: types.text(100),
      createdAt: { ...types.instant, name: "created_at" },
    },
    indices: [{ name: "projects_workspace_slug", columns: ["workspaceId", "slug"], unique: true }],
    foreignKeys: [references("projects_workspace_id", "workspaceId", "workspaces")],
  });
