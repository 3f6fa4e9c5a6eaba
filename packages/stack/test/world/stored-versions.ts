import Database from "better-sqlite3";

import type { World } from "./world.ts";

interface StoredKey {
  readonly id: string;
  readonly revokedAt: number | null;
  /** How many of its versions work at the instant. */
  readonly validVersions: number;
}

const QUERY = `
  SELECT k.id, k.revoked_at AS revokedAt,
    (SELECT COUNT(*) FROM secret_versions v WHERE v.key_id = k.id AND (v.valid_until IS NULL OR v.valid_until > ?)) AS validVersions
  FROM api_keys k WHERE k.name = ?`;

/** What the database itself holds of the keys with this name, past every door of the service. */
export const storedKeys = ({ databaseUrl }: World, displayName: string): readonly StoredKey[] => {
  const database = new Database(databaseUrl.replace(/^sqlite:/, ""), { readonly: true });
  try {
    return database.prepare<[number, string], StoredKey>(QUERY).all(Date.now(), displayName);
  } finally {
    database.close();
  }
};
