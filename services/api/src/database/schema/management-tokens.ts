import type { ManagementToken } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import { references } from "./references.ts";

export const managementTokens = (types: ColumnTypes): EntitySchema<ManagementToken> =>
  new EntitySchema<ManagementToken>({
    name: "management_tokens",
    columns: {
      id: { ...types.id, primary: true },
      name: types.text(100),
      role: types.word,
      workspaceId: { ...types.id, name: "workspace_id", nullable: true },
      clusterId: { ...types.id, name: "cluster_id", nullable: true },
      digest: types.digest,
      pepperVersion: { ...types.int, name: "pepper_version" },
      displayPrefix: { ...types.text(64), name: "display_prefix" },
      expiresAt: { ...types.instant, name: "expires_at", nullable: true },
      revokedAt: { ...types.instant, name: "revoked_at", nullable: true },
      leakedAt: { ...types.instant, name: "leaked_at", nullable: true },
      createdAt: { ...types.instant, name: "created_at" },
    },
    indices: [
      { name: "management_tokens_digest", columns: ["digest"], unique: true },
      { name: "management_tokens_workspace", columns: ["workspaceId", "id"] },
      { name: "management_tokens_cluster", columns: ["clusterId"] },
    ],
    foreignKeys: [
      references("management_tokens_workspace_id", "workspaceId", "workspaces"),
      references("management_tokens_cluster_id", "clusterId", "clusters"),
    ],
  });
