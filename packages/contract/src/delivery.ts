import { z } from "zod";

import { Environment } from "./environment.ts";
import { Everywhere } from "./everywhere.ts";
import { IpRules } from "./ip-rules.ts";
import { KeyStatus } from "./keys.ts";
import { Permissions } from "./permissions.ts";
import {
  DisplayName,
  KeyId,
  OVERLAP_MS_MAX,
  OverlapMs,
  REGISTERED_REVISION_MAX,
  RequestsPerMinute,
  SecretSha256,
  Slug,
  Timestamp,
} from "./primitives.ts";

/**
 * Delivery hands a secret version to a Kubernetes Secret: register, publish, confirm.
 * The secret itself never travels here, only its SHA-256. Every call is idempotent.
 * The caller's cluster comes from its token; an owner is one `ApiKey` object, known by its uid.
 */
const OwnerUid = z.string().regex(/^[0-9a-zA-Z-]{1,64}$/, "must be the uid of a Kubernetes object");

/** The name of a Kubernetes object: a DNS subdomain (RFC 1123). It is shown to people as part of a command. */
const ObjectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be the name of a Kubernetes object");

export const Owner = z.strictObject({ uid: OwnerUid, namespace: Slug, name: ObjectName });
export type Owner = z.infer<typeof Owner>;

/** The part of a key's configuration that its manifest may change at any time. */
export const DeliverySettings = z.strictObject({
  name: DisplayName,
  requestsPerMinute: RequestsPerMinute,
  expiresAt: Timestamp.nullable(),
  paused: z.boolean(),
  permissions: Permissions.default([]),
  ipRules: IpRules.default([]),
});
export type DeliverySettings = z.infer<typeof DeliverySettings>;

/** How long a registered version may stay undelivered before it ends by itself, in milliseconds: 1 minute to 24 hours. */
export const DeliverWithinMs = z.int().min(60_000).max(86_400_000);

/** The part of a secret that is kept in clear; the pattern is here so that a whole secret is refused, not stored. */
const DisplayPrefix = z
  .string()
  .regex(
    /^[a-z][a-z0-9]{1,15}_(?:production|preview|local)_sk_[0-9A-Za-z]{4}$/,
    "must be a secret's prefix and the first 4 of its random characters",
  );

export const RegisterInput = z.strictObject({
  owner: Owner,
  workspace: Slug,
  project: Slug,
  environment: Environment,
  revision: z.int().min(1).max(REGISTERED_REVISION_MAX),
  secretSha256: SecretSha256,
  displayPrefix: DisplayPrefix,
  settings: DeliverySettings,
  deliverWithinMs: DeliverWithinMs,
  /** Mint a new key in place of one that was revoked: only on a person's explicit request to rotate. */
  replaceRevoked: z.boolean().default(false),
});
export type RegisterInput = z.infer<typeof RegisterInput>;

export const RegisterOutcome = z.discriminatedUnion("outcome", [
  /** Valid from now on, until confirmed or until `deliverUntil`. */
  z.object({ outcome: z.literal("registered"), keyId: KeyId, revision: z.int(), deliverUntil: Timestamp }),
  /** This very version was confirmed before. */
  z.object({ outcome: z.literal("confirmed"), keyId: KeyId, revision: z.int() }),
  /** This revision, or a later one, is taken by another version: observe again. */
  z.object({ outcome: z.literal("superseded"), keyId: KeyId, revision: z.int() }),
  /** This version was registered before and its deadline has passed: it is dead, take the next revision. */
  z.object({ outcome: z.literal("expired"), keyId: KeyId, revision: z.int() }),
  /** The key was revoked: nothing is minted without `replaceRevoked`. */
  z.object({ outcome: z.literal("revoked"), keyId: KeyId }),
  /** The owner released its key before: nothing is minted for it any more. */
  z.object({ outcome: z.literal("released") }),
]);
export type RegisterOutcome = z.infer<typeof RegisterOutcome>;

export const VersionState = z.enum(["pending", "current", "retiring", "ended"]);
export type VersionState = z.infer<typeof VersionState>;

/** SHA-256 of the values found in the cluster; the view says what each one is. */
const Candidates = z.array(SecretSha256).max(32);

export const ObserveInput = z.strictObject({ ownerUid: OwnerUid, candidates: Candidates });
export type ObserveInput = z.infer<typeof ObserveInput>;

/** What the service knows of an owner's key. */
export const DeliveryView = z.object({
  /** The service's clock when it answered: what its other instants are compared with. */
  at: Timestamp,
  /** `null` when nothing was ever registered for this owner. */
  key: z
    .object({
      keyId: KeyId,
      workspace: Slug,
      project: Slug,
      environment: Environment,
      status: KeyStatus,
      settings: DeliverySettings,
      /** Paused by a person, not by the manifest: the manifest does not lift it. */
      pausedByPerson: z.boolean(),
      displayPrefix: z.string().nullable(),
      /** The current version; 0 when none was ever confirmed. */
      revision: z.int().min(0),
      /** The highest revision ever registered, confirmed or not. */
      latestRevision: z.int().min(0),
      /** When the current version was confirmed. */
      rotatedAt: Timestamp.nullable(),
      retiringUntil: Timestamp.nullable(),
      /** The version on its way out; `null` when none is. What it did is known about a second later. */
      retiring: z
        .object({
          revision: z.int().min(1),
          validUntil: Timestamp,
          /** When a request with it was last accepted, to the second; `null`: never. */
          lastUsedAt: Timestamp.nullable(),
          /** Requests with it that were accepted since it is on its way out. */
          accepted: z.int().min(0),
        })
        .nullable(),
    })
    .nullable(),
  /** One entry for each candidate that is a version of this owner's key; unknown values are left out. */
  candidates: z.array(
    z.object({ secretSha256: SecretSha256, revision: z.int(), state: VersionState, validUntil: Timestamp.nullable() }),
  ),
  released: z.boolean(),
});
export type DeliveryView = z.infer<typeof DeliveryView>;

export const ConfirmInput = z.strictObject({
  ownerUid: OwnerUid,
  revision: z.int().min(1),
  secretSha256: SecretSha256,
  /** How long the version before stays valid. */
  overlapMs: OverlapMs,
  candidates: Candidates.default([]),
});
export type ConfirmInput = z.infer<typeof ConfirmInput>;

export const ConfirmOutcome = z.discriminatedUnion("outcome", [
  /**
   * Current from now on (or already before). `retiringUntil` is when the version before ends, `null` when none is valid.
   * Whether what it ended is over everywhere; a first delivery ends nothing and waits for nobody.
   */
  z.object({
    outcome: z.literal("confirmed"),
    keyId: KeyId,
    revision: z.int(),
    retiringUntil: Timestamp.nullable(),
    /** What `observe` answers afterwards, to save the question. */
    view: DeliveryView,
    ...Everywhere.shape,
  }),
  /** Not a version of this owner that could become current: unknown, ended, or superseded. */
  z.object({ outcome: z.literal("refused") }),
]);
export type ConfirmOutcome = z.infer<typeof ConfirmOutcome>;

export const ConfigureInput = z.strictObject({ owner: Owner, settings: DeliverySettings });
export type ConfigureInput = z.infer<typeof ConfigureInput>;

export const ConfigureOutcome = z.object({ keyId: KeyId, status: KeyStatus, ...Everywhere.shape });
export type ConfigureOutcome = z.infer<typeof ConfigureOutcome>;

export const ReleaseInput = z.strictObject({ ownerUid: OwnerUid, policy: z.enum(["revoke", "retain"]) });
export type ReleaseInput = z.infer<typeof ReleaseInput>;

/** `keyId` is the key that was released, now or before; `null` when the owner never had one. */
export const ReleaseOutcome = z.object({ keyId: KeyId.nullable(), ...Everywhere.shape });
export type ReleaseOutcome = z.infer<typeof ReleaseOutcome>;

/**
 * The ApiKey that owned a key is gone (restored from a backup, or made again, under a new uid), and the Secret with the
 * key's value is still there. The new object shows that it holds the value, by its SHA-256, and takes the key over.
 */
export const AdoptInput = z.strictObject({
  /** The new object. Namespace and name must be those of the one that is gone. */
  owner: Owner,
  workspace: Slug,
  project: Slug,
  environment: Environment,
  secretSha256: SecretSha256,
});
export type AdoptInput = z.infer<typeof AdoptInput>;

export const AdoptOutcome = z.discriminatedUnion("outcome", [
  /** The key is the new owner's, now or before; the old owner counts as released. `revision` is that of the value. */
  z.object({ outcome: z.literal("adopted"), keyId: KeyId, revision: z.int(), ...Everywhere.shape }),
  /** No working value of a key that this owner may take over. */
  z.object({ outcome: z.literal("refused") }),
]);
export type AdoptOutcome = z.infer<typeof AdoptOutcome>;

/** Ends the version that is on its way out before its time, where it has not been used for so long. */
export const RetireInput = z.strictObject({
  ownerUid: OwnerUid,
  /** Of the version that is to end. */
  revision: z.int().min(1),
  /** For how long no request with it may have been accepted, in milliseconds; counted from the rotation at the earliest. */
  idleForMs: z.int().min(1_000).max(OVERLAP_MS_MAX),
});
export type RetireInput = z.infer<typeof RetireInput>;

export const RetireOutcome = z.discriminatedUnion("outcome", [
  /** It has ended, now or before, or never was: nothing of this revision is on its way out. */
  z.object({ outcome: z.literal("ended"), ...Everywhere.shape }),
  /** Used too recently, as the service knows by now; it goes on until then at least. */
  z.object({ outcome: z.literal("inUse"), idleAt: Timestamp }),
]);
export type RetireOutcome = z.infer<typeof RetireOutcome>;
