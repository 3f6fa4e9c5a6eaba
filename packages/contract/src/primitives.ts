import { z } from "zod";

/** The first and the last instant that RFC 3339 can show in UTC: of the years 0000 to 9999. */
export const SHOWABLE_MS = {
  first: Date.parse("0000-01-01T00:00:00.000Z"),
  last: Date.parse("9999-12-31T23:59:59.999Z"),
};

export const isShowable = (ms: number): boolean => ms >= SHOWABLE_MS.first && ms <= SHOWABLE_MS.last;

/** An instant as RFC 3339 text with an offset, for example `2027-06-01T00:00:00Z`. Every answer shows it in UTC. */
export const Timestamp = z.iso
  .datetime({ offset: true })
  .refine((text) => isShowable(Date.parse(text)), "must be in the years 0000 to 9999 of UTC");

/** The name of a workspace, project or cluster inside URLs and manifests: a DNS label (RFC 1123). */
export const Slug = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS label: lower-case letters, digits and inner hyphens");

/**
 * Text that every database keeps as it is: JSON can hold half of a surrogate pair, UTF-8 cannot, and something else would
 * be stored in its place.
 */
export const WellFormedText = z
  .string()
  .refine((text) => text.isWellFormed(), "must be well-formed Unicode: it holds half of a surrogate pair");

/** A name for people: one line, 1 to 100 characters, no control characters, no space at either end. */
export const DisplayName = WellFormedText.min(1)
  .max(100)
  .regex(/^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u, "must be one line without space at its ends");

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`), `must be an id that begins with ${prefix}_`);

/** Ids are a type prefix and a ULID in lower case: unique, sortable by creation, meaningless otherwise. */
export const KeyId = id("key");
export const WorkspaceId = id("ws");
export const ProjectId = id("prj");
export const ClusterId = id("cl");
export const TokenId = id("tok");
export const AuditId = id("aud");

/** How many requests of one key are accepted in any 60 seconds. */
export const RequestsPerMinute = z.int().min(1).max(1_000_000);
export const REQUESTS_PER_MINUTE_DEFAULT = 60;

/** How long the previous secret version stays valid beside the new one, in milliseconds: 0 to 7 days. */
export const OVERLAP_MS_MAX = 7 * 24 * 60 * 60 * 1000;
export const OverlapMs = z.int().min(0).max(OVERLAP_MS_MAX);

/** The highest revision that a cluster may register: as many rotations again are below what databases count to. */
export const REGISTERED_REVISION_MAX = 1_000_000_000;

/** How much a page of a list holds at most. */
export const PageLimit = z.int().min(1).max(100).default(50);

/**
 * A name that the caller makes up for one call, for example a UUID: a call whose answer was lost may be made again under
 * it. It is kept for at least 24 hours, in its workspace, for its procedure.
 */
export const IdempotencyKey = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{8,128}$/, "must be 8 to 128 letters, digits, '_', '.', ':' or '-'");

/** SHA-256 of a secret as 64 hexadecimal digits: what travels instead of the secret. */
export const SecretSha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits");
