import { z } from "zod";

import { Everywhere } from "./everywhere.ts";
import { DisplayName, PageLimit, Slug, Timestamp, TokenId } from "./primitives.ts";

/**
 * What the bearer of a management token may do; `core` holds the table of actions.
 * `operator` belongs to the installation, `reconciler` to one cluster, all others to one workspace.
 */
export const Role = z.enum(["operator", "admin", "developer", "viewer", "verifier", "reconciler"]);
export type Role = z.infer<typeof Role>;

export const WorkspaceRole = Role.extract(["admin", "developer", "viewer", "verifier"]);
export type WorkspaceRole = z.infer<typeof WorkspaceRole>;

export const TokenView = z.object({
  id: TokenId,
  name: DisplayName,
  role: Role,
  workspace: Slug.nullable(),
  cluster: Slug.nullable(),
  displayPrefix: z.string(),
  expiresAt: Timestamp.nullable(),
  revokedAt: Timestamp.nullable(),
  /** When it was first found in public. */
  leakedAt: Timestamp.nullable(),
  createdAt: Timestamp,
});
export type TokenView = z.infer<typeof TokenView>;

/** The token as it is now, and whether that holds everywhere. */
export const RevokedToken = TokenView.extend(Everywhere.shape);
export type RevokedToken = z.infer<typeof RevokedToken>;

/** A token together with the only showing of its text. */
export const IssuedToken = z.object({ token: TokenView, secret: z.string() });
export type IssuedToken = z.infer<typeof IssuedToken>;

const common = { name: DisplayName, expiresAt: Timestamp.nullable().default(null) };

export const CreateTokenInput = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("operator"), ...common }),
  z.strictObject({ role: z.literal("reconciler"), cluster: Slug, ...common }),
  /** `workspace` may be left out by a caller that belongs to one. */
  z.strictObject({ role: WorkspaceRole, workspace: Slug.optional(), ...common }),
]);
export type CreateTokenInput = z.infer<typeof CreateTokenInput>;

export const TokenRef = z.strictObject({ tokenId: TokenId });
export type TokenRef = z.infer<typeof TokenRef>;

export const ListTokensInput = z.strictObject({
  limit: PageLimit,
  /** `nextCursor` of the page before. */
  cursor: TokenId.optional(),
});
export type ListTokensInput = z.infer<typeof ListTokensInput>;

/** Newest first, those that ended too. */
export const TokenPage = z.object({ tokens: z.array(TokenView), nextCursor: TokenId.nullable() });
export type TokenPage = z.infer<typeof TokenPage>;
