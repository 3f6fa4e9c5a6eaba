import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import { references } from "./references.ts";

/** The cluster may act for the workspace. */
export interface ClusterWorkspace {
  readonly clusterId: string;
  readonly workspaceId: string;
}

export const clusterWorkspaces = (types: ColumnTypes): EntitySchema<ClusterWorkspace> =>
  new EntitySchema<ClusterWorkspace>({
    name: "cluster_workspaces",
    columns: {
      clusterId: { ...types.id, name: "cluster_id", primary: true },
      workspaceId: { ...types.id, name: "workspace_id", primary: true },
    },
    indices: [{ name: "cluster_workspaces_workspace", columns: ["workspaceId"] }],
    foreignKeys: [
      references("cluster_workspaces_cluster", "clusterId", "clusters"),
      references("cluster_workspaces_workspace_id", "workspaceId", "workspaces"),
    ],
  });
