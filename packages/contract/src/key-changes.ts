import { z } from "zod";

import { errorCodes } from "./error-code.ts";
import { Everywhere } from "./everywhere.ts";
import { IpRules } from "./ip-rules.ts";
import { KeyMetadata, KeyOwner } from "./key-details.ts";
import { RevokedKey } from "./keys.ts";
import { Permissions } from "./permissions.ts";
import { DisplayName, KeyId, RequestsPerMinute, Timestamp } from "./primitives.ts";

/** What is left out stays as it is. */
export const UpdateKeyInput = z.strictObject({
  keyId: KeyId,
  name: DisplayName.optional(),
  requestsPerMinute: RequestsPerMinute.optional(),
  /** Must lie in the future; `null`: never expires. */
  expiresAt: Timestamp.nullable().optional(),
  owner: KeyOwner.nullable().optional(),
  /** In place of all that was there. */
  metadata: KeyMetadata.optional(),
  /** In place of all that were there. */
  permissions: Permissions.optional(),
  /** In place of all that were there. */
  ipRules: IpRules.optional(),
  /** The `version` that the caller saw: `CONFLICT` when the key was changed since. */
  expectedVersion: z.int().min(1).max(2_147_483_647).optional(),
});
export type UpdateKeyInput = z.infer<typeof UpdateKeyInput>;

export const DeleteKeyInput = z.strictObject({
  keyId: KeyId,
  /** The key's name, typed by whoever wants it gone. */
  confirmName: DisplayName,
});
export type DeleteKeyInput = z.infer<typeof DeleteKeyInput>;

/** Whether no replica accepts it any more. */
export const DeletedKey = z.object({ deleted: z.literal(true), ...Everywhere.shape });
export type DeletedKey = z.infer<typeof DeletedKey>;

const MANY_MAX = 100;

export const KeyRefs = z.strictObject({ keyIds: z.array(KeyId).min(1).max(MANY_MAX) });
export type KeyRefs = z.infer<typeof KeyRefs>;

export const DeleteKeysInput = z.strictObject({ keys: z.array(DeleteKeyInput).min(1).max(MANY_MAX) });
export type DeleteKeysInput = z.infer<typeof DeleteKeysInput>;

const Failure = z.object({
  ok: z.literal(false),
  code: z.enum(Object.keys(errorCodes) as [keyof typeof errorCodes, ...(keyof typeof errorCodes)[]]),
  message: z.string(),
});

/**
 * One result for each key that was asked for, in that order: each was done, or not, by itself. `UNAVAILABLE` for the one
 * at which the database went away, which may have been done, and for those after it, which were not; for one that others
 * held in the database for too long, which was not done, and after two of those for the rest, which were not tried.
 */
export const ManyKeysResult = z.object({
  results: z.array(z.discriminatedUnion("ok", [z.object({ ok: z.literal(true), key: RevokedKey }), Failure])),
});
export type ManyKeysResult = z.infer<typeof ManyKeysResult>;

export const ManyDeletedResult = z.object({
  results: z.array(z.discriminatedUnion("ok", [z.object({ ok: z.literal(true), ...Everywhere.shape }), Failure])),
});
export type ManyDeletedResult = z.infer<typeof ManyDeletedResult>;
