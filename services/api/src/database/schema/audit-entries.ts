import type { AuditEntry } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";

/** An entry, and whether an operator sees it: the installation's own, and what its operators did. */
export interface AuditRow extends AuditEntry {
  readonly ofInstallation: 0 | 1;
}

/** No foreign keys: an entry outlives what it is about. */
export const auditEntries = (types: ColumnTypes): EntitySchema<AuditRow> =>
  new EntitySchema<AuditRow>({
    name: "audit_entries",
    columns: {
      id: { ...types.id, primary: true },
      at: types.instant,
      workspaceId: { ...types.id, name: "workspace_id", nullable: true },
      ofInstallation: { ...types.int, name: "of_installation" },
      actorKind: { ...types.word, name: "actor_kind" },
      tokenId: { ...types.id, name: "token_id" },
      role: types.word,
      clusterId: { ...types.id, name: "cluster_id", nullable: true },
      action: types.uid,
      targetType: { ...types.word, name: "target_type" },
      targetId: { ...types.uid, name: "target_id" },
      before: { ...types.json, nullable: true },
      after: { ...types.json, nullable: true },
      ip: { ...types.text(45), nullable: true },
      userAgent: { ...types.text(200), name: "user_agent", nullable: true },
    },
    indices: [
      { name: "audit_entries_workspace", columns: ["workspaceId", "at", "id"] },
      { name: "audit_entries_installation", columns: ["ofInstallation", "at", "id"] },
      { name: "audit_entries_target", columns: ["targetId", "at", "id"] },
      { name: "audit_entries_token", columns: ["tokenId", "at", "id"] },
    ],
  });
