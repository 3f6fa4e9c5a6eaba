import { z } from "zod";

import { AuditId, PageLimit, Slug, Timestamp } from "./primitives.ts";
import { Role } from "./tokens.ts";

/** What an entry of the audit is about. `owner` is an `ApiKey` object (by its uid) that has no key; a pepper goes by its version. */
export const AuditTargetType = z.enum(["workspace", "project", "cluster", "token", "key", "owner", "pepper"]);
export type AuditTargetType = z.infer<typeof AuditTargetType>;

/** The changed fields and no others; never a secret, a digest or a pepper. Instants are RFC 3339 text. */
const Fields = z.record(z.string(), z.json());

/** One change of one thing: who, what, when, from where. Written with the change or not at all, and never touched again. */
export const AuditEntryView = z.object({
  id: AuditId,
  at: Timestamp,
  /** The procedure, for example `keys.revoke`; or `leaks.report`. */
  action: z.string(),
  /** Whose thing it is; `null`: the installation's. */
  workspace: Slug.nullable(),
  actor: z.object({
    kind: z.enum(["installation", "workspace", "cluster", "scanner"]),
    /** `bootstrap` where an installation was prepared by its own program; `scanner:` and a name with the kind `scanner`. */
    tokenId: z.string(),
    role: z.enum([...Role.options, "scanner"]),
    /** With the kind `cluster`. */
    cluster: Slug.nullable(),
  }),
  target: z.object({ type: AuditTargetType, id: z.string() }),
  /** `null`: it was made. */
  before: Fields.nullable(),
  /** `null`: it is gone. */
  after: Fields.nullable(),
  /** The caller's address: of the socket, or as told by so many proxies as the settings trust. */
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
});
export type AuditEntryView = z.infer<typeof AuditEntryView>;

export const ListAuditInput = z.strictObject({
  targetType: AuditTargetType.optional(),
  targetId: z
    .string()
    .regex(/^[0-9A-Za-z_-]{1,64}$/, "must be an id")
    .optional(),
  /** The token by which it was done. */
  tokenId: z
    .string()
    .regex(/^[0-9a-z_:-]{1,40}$/, "must be the id of a token")
    .optional(),
  action: z
    .string()
    .regex(/^[a-z]{1,32}\.[a-zA-Z]{1,32}$/, "must be the name of a procedure")
    .optional(),
  /** At this instant or later. */
  from: Timestamp.optional(),
  /** Before this instant. */
  to: Timestamp.optional(),
  limit: PageLimit,
  /** `nextCursor` of the page before. */
  cursor: AuditId.optional(),
});
export type ListAuditInput = z.infer<typeof ListAuditInput>;

/** Newest first. */
export const AuditPage = z.object({ entries: z.array(AuditEntryView), nextCursor: AuditId.nullable() });
export type AuditPage = z.infer<typeof AuditPage>;
