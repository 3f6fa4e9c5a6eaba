import type { SecretVersion } from "@itsy/core";
import { EntitySchema } from "typeorm";

import type { ColumnTypes } from "../column-types.ts";
import { references } from "./references.ts";

export const secretVersions = (types: ColumnTypes): EntitySchema<SecretVersion> =>
  new EntitySchema<SecretVersion>({
    name: "secret_versions",
    columns: {
      id: { ...types.id, primary: true },
      keyId: { ...types.id, name: "key_id" },
      revision: types.int,
      digest: types.digest,
      pepperVersion: { ...types.int, name: "pepper_version" },
      displayPrefix: { ...types.text(64), name: "display_prefix" },
      createdAt: { ...types.instant, name: "created_at" },
      confirmedAt: { ...types.instant, name: "confirmed_at", nullable: true },
      validUntil: { ...types.instant, name: "valid_until", nullable: true },
      lastUsedAt: { ...types.instant, name: "last_used_at", nullable: true },
      leakedAt: { ...types.instant, name: "leaked_at", nullable: true },
    },
    indices: [
      { name: "secret_versions_digest", columns: ["digest"], unique: true },
      // Not unique: a revision that was registered and never confirmed may be registered again with another secret.
      { name: "secret_versions_key_revision", columns: ["keyId", "revision"] },
      { name: "secret_versions_pepper", columns: ["pepperVersion", "validUntil"] },
    ],
    foreignKeys: [references("secret_versions_key_id", "keyId", "api_keys")],
  });
