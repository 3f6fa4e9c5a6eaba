import type { Role } from "@itsy/contract";
import { digestsOf, secretSha256 } from "@itsy/key-format";

import type { DomainDeps } from "../deps.ts";
import type { ManagementToken } from "../entities.ts";
import { DomainError } from "../errors.ts";
import type { Clock, TokenLookup } from "../ports.ts";
import type { Actor } from "./actor.ts";

const WORKSPACE_ROLES: ReadonlySet<Role> = new Set(["admin", "developer", "viewer", "verifier"]);

/** Whether the token works now; the clock is asked only where it matters. */
export const isTokenLive = ({ revokedAt, expiresAt }: ManagementToken, clock: Clock): boolean =>
  revokedAt === null && (expiresAt === null || expiresAt > clock.now());

/** The caller that a stored token stands for. */
export const actorOf = (token: ManagementToken): Actor => {
  const { id: tokenId, role, workspaceId, clusterId } = token;
  if (role === "operator" && workspaceId === null && clusterId === null) return { kind: "installation", tokenId, role };
  if (role === "reconciler" && clusterId !== null) return { kind: "cluster", tokenId, role, clusterId };
  if (role !== "operator" && role !== "reconciler" && WORKSPACE_ROLES.has(role) && workspaceId !== null) {
    return { kind: "workspace", tokenId, role, workspaceId };
  }
  throw new Error(`token ${tokenId} has the role ${role} without what belongs to it`);
};

const unauthenticated = () =>
  new DomainError("UNAUTHENTICATED", "a valid management token is needed: Authorization: Bearer itsy_mt_…");

export interface AuthenticateDeps extends Pick<DomainDeps, "clock" | "format" | "peppers"> {
  readonly tokens: TokenLookup;
}

/** Who presents this text? @throws DomainError `UNAUTHENTICATED`, the same for unknown, expired and revoked ones. */
export const createAuthenticate = (deps: AuthenticateDeps) => {
  const findToken = async (text: string): Promise<ManagementToken> => {
    if (!deps.format.parseToken(text).ok) throw unauthenticated();
    const digests = digestsOf(deps.peppers, secretSha256(text)).map(({ digest }) => digest);
    const token = await deps.tokens.find(digests);
    if (token === null || !isTokenLive(token, deps.clock)) throw unauthenticated();
    return token;
  };
  return { findToken, authenticate: async (text: string): Promise<Actor> => actorOf(await findToken(text)) };
};
