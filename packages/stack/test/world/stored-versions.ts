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

const AGE = `
  UPDATE secret_versions SET created_at = created_at - @ms, confirmed_at = confirmed_at - @ms, last_used_at = last_used_at - @ms
  WHERE key_id IN (SELECT id FROM api_keys WHERE name = @name)`;

/** As if so much time had passed since the versions of the keys with this name were made, delivered and used. */
export const ageVersions = ({ databaseUrl }: World, displayName: string, ms: number): void => {
  const database = new Database(databaseUrl.replace(/^sqlite:/, ""), { timeout: 10_000 });
  try {
    database.prepare(AGE).run({ ms, name: displayName });
  } finally {
    database.close();
  }
};
