import type { KeyMetadata } from "@itsy/contract";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import type { StoredKey } from "../key-index/stretches.ts";
import { references } from "./references.ts";

/** Nothing is stored for no metadata: most keys have none. */
const metadataTransformer = {
  to: (value: KeyMetadata | undefined): string | null | undefined => {
    if (value === undefined) return undefined;
    return Object.keys(value).length === 0 ? null : JSON.stringify(value);
  },
  from: (value: string | null): KeyMetadata => (value === null ? {} : (JSON.parse(value) as KeyMetadata)),
};

/** Nothing is stored for an empty set. */
const setTransformer = {
  to: (value: readonly string[] | undefined): string | null | undefined => {
    if (value === undefined) return undefined;
    return value.length === 0 ? null : JSON.stringify(value);
  },
  from: (value: string | null): readonly string[] => (value === null ? [] : (JSON.parse(value) as string[])),
};

export const apiKeys = (types: ColumnTypes): EntitySchema<StoredKey> =>
  new EntitySchema<StoredKey>({
    name: "api_keys",
    columns: {
      id: { ...types.id, primary: true },
      workspaceId: { ...types.id, name: "workspace_id" },
      projectId: { ...types.id, name: "project_id" },
      name: types.text(100),
      environment: types.word,
      requestsPerMinute: { ...types.int, name: "requests_per_minute" },
      expiresAt: { ...types.instant, name: "expires_at", nullable: true },
      pausedAt: { ...types.instant, name: "paused_at", nullable: true },
      pausedBy: { ...types.word, name: "paused_by", nullable: true },
      revokedAt: { ...types.instant, name: "revoked_at", nullable: true },
      lastUsedAt: { ...types.instant, name: "last_used_at", nullable: true },
      revision: types.int,
      latestRevision: { ...types.int, name: "latest_revision" },
      displayPrefix: { ...types.text(64), name: "display_prefix", nullable: true },
      owner: { ...types.text(200), nullable: true },
      metadata: { ...types.json, nullable: true, transformer: metadataTransformer },
      permissions: { ...types.json, nullable: true, transformer: setTransformer },
      ipRules: { ...types.json, name: "ip_rules", nullable: true, transformer: setTransformer },
      createdAt: { ...types.instant, name: "created_at" },
      updatedAt: { ...types.instant, name: "updated_at" },
      version: types.int,
      // Of use to lists only; nullable because it came to rows that were there.
      facet: { ...types.int, nullable: true, select: false },
    },
    indices: [
      { name: "api_keys_workspace", columns: ["workspaceId", "id"] },
      { name: "api_keys_workspace_name", columns: ["workspaceId", "name", "id"] },
      { name: "api_keys_workspace_used", columns: ["workspaceId", "lastUsedAt", "id"] },
      { name: "api_keys_workspace_expires", columns: ["workspaceId", "expiresAt", "id"] },
      { name: "api_keys_workspace_prefix", columns: ["workspaceId", "displayPrefix"] },
      { name: "api_keys_workspace_facet", columns: ["workspaceId", "facet", "id"] },
      { name: "api_keys_workspace_facet_name", columns: ["workspaceId", "facet", "name", "id"] },
      { name: "api_keys_workspace_facet_used", columns: ["workspaceId", "facet", "lastUsedAt", "id"] },
      { name: "api_keys_workspace_facet_expires", columns: ["workspaceId", "facet", "expiresAt", "id"] },
      { name: "api_keys_project_facet", columns: ["projectId", "facet", "id"] },
      { name: "api_keys_project_facet_name", columns: ["projectId", "facet", "name", "id"] },
      { name: "api_keys_project_facet_used", columns: ["projectId", "facet", "lastUsedAt", "id"] },
      { name: "api_keys_project_facet_expires", columns: ["projectId", "facet", "expiresAt", "id"] },
    ],
    foreignKeys: [
      references("api_keys_workspace_id", "workspaceId", "workspaces"),
      references("api_keys_project_id", "projectId", "projects"),
    ],
  });
