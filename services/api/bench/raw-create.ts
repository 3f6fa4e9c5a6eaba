import { randomBytes } from "node:crypto";

// oxlint-disable-next-line no-restricted-imports -- the baseline is the driver itself
import mysql from "mysql2/promise";

export interface RawCreate extends AsyncDisposable {
  /** The statements of one `keys.create`, in one transaction, and nothing around them. */
  readonly create: () => Promise<void>;
}

const WORKSPACE =
  "SELECT id, slug, name, default_requests_per_minute, requests_per_minute_max, key_lifetime_days_max, keys_max, version, created_at FROM workspaces WHERE id = ? LIMIT 1";
const PROJECT =
  "SELECT id, workspace_id, slug, name, created_at FROM projects WHERE workspace_id = ? AND slug = ? LIMIT 1";
const INSERT_KEY =
  "INSERT INTO api_keys (id, workspace_id, project_id, name, environment, requests_per_minute, expires_at, paused_at, paused_by, revoked_at, last_used_at, revision, latest_revision, display_prefix, owner, metadata, permissions, ip_rules, created_at, updated_at, version, facet) VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, NULL, 1, 1, ?, NULL, NULL, NULL, NULL, ?, ?, 1, 16)";
const INSERT_VERSION =
  "INSERT INTO secret_versions (id, key_id, revision, digest, pepper_version, display_prefix, created_at, confirmed_at, valid_until, last_used_at, leaked_at) VALUES (?, ?, 1, ?, 1, ?, ?, ?, NULL, NULL, NULL)";
const INSERT_AUDIT =
  "INSERT INTO audit_entries (id, at, workspace_id, of_installation, actor_kind, token_id, role, cluster_id, action, target_type, target_id, `before`, `after`, ip, user_agent) VALUES (?, ?, ?, 0, 'workspace', 'bench', 'admin', NULL, 'keys.create', 'key', ?, NULL, ?, NULL, NULL)";
const COUNT =
  "INSERT INTO key_counts (workspace_id, project_id, facet, shard, amount) VALUES (?, ?, 16, ?, 1) ON DUPLICATE KEY UPDATE amount = amount + 1";

let count = 0;
const id = (kind: string) => `${kind}_${String((count += 1)).padStart(26, "0")}`;

/** What the service sends (as the server's general log shows it), sent by the driver alone. */
export const openRawCreate = async (url: string, connectionsMax: number): Promise<RawCreate> => {
  const pool = mysql.createPool({ uri: url.replace(/^\w+:/, "mysql:"), connectionLimit: connectionsMax });
  const [workspaces] = await pool.query<mysql.RowDataPacket[]>("SELECT id FROM workspaces LIMIT 1");
  const workspaceId = String(workspaces[0]?.["id"]);
  const create = async () => {
    const connection = await pool.getConnection();
    const now = Date.now();
    const [keyId, prefix] = [id("key"), "itsy_local_sk_abcd"];
    try {
      await connection.query("START TRANSACTION");
      await connection.query(WORKSPACE, [workspaceId]);
      const [projects] = await connection.query<mysql.RowDataPacket[]>(PROJECT, [workspaceId, "default"]);
      const key = [keyId, workspaceId, projects[0]?.["id"], "bench", "local", 60, prefix, now, now];
      await connection.query(INSERT_KEY, key);
      await connection.query(INSERT_VERSION, [id("ver"), keyId, randomBytes(32), prefix, now, now]);
      const after = JSON.stringify({
        name: "bench",
        environment: "local",
        requestsPerMinute: 60,
        displayPrefix: prefix,
      });
      await connection.query(INSERT_AUDIT, [id("aud"), now, workspaceId, keyId, after]);
      await connection.query(COUNT, [workspaceId, projects[0]?.["id"], Math.floor(Math.random() * 8)]);
      await connection.query("COMMIT");
    } finally {
      connection.release();
    }
  };
  return { create, [Symbol.asyncDispose]: () => pool.end() };
};
