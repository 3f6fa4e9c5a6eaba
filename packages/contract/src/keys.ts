import { z } from "zod";

import { Environment } from "./environment.ts";
import { Everywhere } from "./everywhere.ts";
import { IpRules } from "./ip-rules.ts";
import { KeyMetadata, KeyOwner } from "./key-details.ts";
import { Permissions } from "./permissions.ts";
import { DisplayName, IdempotencyKey, KeyId, OverlapMs, RequestsPerMinute, Slug, Timestamp } from "./primitives.ts";

/** Derived from the facts of a key at one instant, never stored. */
export const KeyStatus = z.enum(["active", "paused", "expired", "revoked"]);
export type KeyStatus = z.infer<typeof KeyStatus>;

/** A key as the management API shows it. Holds no secret. */
export const KeyView = z.object({
  id: KeyId,
  project: Slug,
  name: DisplayName,
  environment: Environment,
  requestsPerMinute: RequestsPerMinute,
  expiresAt: Timestamp.nullable(),
  status: KeyStatus,
  /** The part of the current secret that is kept in clear; `null` until a first version is delivered. */
  displayPrefix: z.string().nullable(),
  /** The number of the current secret version; 0 until a first version is delivered. */
  revision: z.int().min(0),
  /** Until when the previous secret version still works; `null` when none does. */
  retiringUntil: Timestamp.nullable(),
  /** Since when a secret of the key that still works is known to be public; `null` when none is. */
  leakedAt: Timestamp.nullable(),
  owner: KeyOwner.nullable(),
  metadata: KeyMetadata,
  /** Sorted. */
  permissions: Permissions,
  /** Sorted. Empty: from everywhere. */
  ipRules: IpRules,
  /** When a request was last accepted, to the second; known about a second later. */
  lastUsedAt: Timestamp.nullable(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** Grows with every change: what `expectedVersion` of an update is held against. */
  version: z.int(),
  /** The `ApiKey` resource that owns this key; `null` for a key that people and programs manage. */
  managedBy: z.object({ cluster: Slug, namespace: z.string(), name: z.string() }).nullable(),
});
export type KeyView = z.infer<typeof KeyView>;

/** A key together with the only showing of its full secret. */
export const IssuedKey = z.object({ key: KeyView, secret: z.string() });
export type IssuedKey = z.infer<typeof IssuedKey>;

/** The new secret, and whether the old one's end is known everywhere. */
export const RotatedKey = IssuedKey.extend(Everywhere.shape);
export type RotatedKey = z.infer<typeof RotatedKey>;

/** The key as it is now, and whether that holds everywhere. */
export const RevokedKey = KeyView.extend(Everywhere.shape);
export type RevokedKey = z.infer<typeof RevokedKey>;

export const CreateKeyInput = z.strictObject({
  project: Slug.default("default"),
  name: DisplayName,
  environment: Environment,
  /** Left out: the default of the workspace, or 60. */
  requestsPerMinute: RequestsPerMinute.optional(),
  /** Must lie in the future; `null`: never. Left out: as the workspace sets it, or never. */
  expiresAt: Timestamp.nullable().optional(),
  owner: KeyOwner.nullable().default(null),
  metadata: KeyMetadata.default({}),
  permissions: Permissions.default([]),
  ipRules: IpRules.default([]),
  /**
   * The same input again under it: the same key with a fresh secret, unless the earlier secret was used (`CONFLICT`; a use
   * is known after about a second).
   */
  idempotencyKey: IdempotencyKey.optional(),
});
export type CreateKeyInput = z.infer<typeof CreateKeyInput>;

export const KeyRef = z.strictObject({ keyId: KeyId });
export type KeyRef = z.infer<typeof KeyRef>;

export const RotateKeyInput = z.strictObject({
  keyId: KeyId,
  /** How long the secret of now stays good. One that is on its way out already ends: there are two at most. */
  overlapMs: OverlapMs.default(0),
  /** As for create: the same rotation with a fresh secret, and the old version's end as it was. */
  idempotencyKey: IdempotencyKey.optional(),
});
export type RotateKeyInput = z.infer<typeof RotateKeyInput>;
