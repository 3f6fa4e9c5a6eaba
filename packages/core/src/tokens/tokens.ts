import type { CreateTokenInput, IssuedToken, ListTokensInput, RevokedToken, TokenPage, TokenRef } from "@itsy/contract";
import { digestWith, secretSha256 } from "@itsy/key-format";

import type { InstallationActor, WorkspaceActor } from "../access/actor.ts";
import { assertNever } from "../assert-never.ts";
import { tokenFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import type { DomainDeps } from "../deps.ts";
import type { ManagementToken } from "../entities.ts";
import { DomainError, notFound } from "../errors.ts";
import { futureInstant } from "../keys/create-key.ts";
import type { Stores } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { viewToken, viewTokens } from "./token-view.ts";

type Manager = InstallationActor | WorkspaceActor;

type Place = Pick<ManagementToken, "workspaceId" | "clusterId">;

/** Where the new token belongs. An admin hands out tokens of the own workspace only. */
const placeOf = async (stores: Stores, actor: Manager, input: CreateTokenInput): Promise<Place> => {
  if (actor.kind === "workspace") {
    if (input.role === "operator" || input.role === "reconciler") {
      throw new DomainError("FORBIDDEN", `an admin of a workspace may not issue a token with the role ${input.role}`);
    }
    const own = await stores.workspaces.findById(actor.workspaceId);
    if (input.workspace !== undefined && input.workspace !== own?.slug) throw notFound("workspace");
    return { workspaceId: actor.workspaceId, clusterId: null };
  }
  switch (input.role) {
    case "operator":
      return { workspaceId: null, clusterId: null };
    case "reconciler": {
      const cluster = await stores.clusters.findBySlug(input.cluster);
      if (cluster === null) throw notFound("cluster");
      return { workspaceId: null, clusterId: cluster.id };
    }
    case "admin":
    case "developer":
    case "viewer":
    case "verifier": {
      if (input.workspace === undefined)
        throw new DomainError("INVALID_INPUT", `a token with the role ${input.role} needs a workspace`);
      const workspace = await stores.workspaces.findBySlug(input.workspace);
      if (workspace === null) throw notFound("workspace");
      return { workspaceId: workspace.id, clusterId: null };
    }
    default:
      return assertNever(input);
  }
};

export interface Issuing {
  readonly actor: Manager;
  readonly place: Place;
  readonly input: Pick<CreateTokenInput, "role" | "name" | "expiresAt">;
}

/** Issues inside the caller's transaction; also what the first start uses. */
export const issueToken = async (
  deps: Omit<DomainDeps, "database">,
  stores: Stores,
  { actor, place, input }: Issuing,
): Promise<IssuedToken> => {
  const createdAt = deps.clock.now();
  const secret = deps.format.generateToken({ randomBytes: deps.random });
  const token: ManagementToken = {
    id: deps.ids.next("tok"),
    name: input.name,
    role: input.role,
    ...place,
    digest: digestWith(deps.peppers, deps.peppers.current, secretSha256(secret)),
    pepperVersion: deps.peppers.current,
    displayPrefix: deps.format.tokenDisplayPrefix(secret),
    expiresAt: futureInstant(input.expiresAt, createdAt),
    revokedAt: null,
    leakedAt: null,
    createdAt,
  };
  await stores.tokens.insert(token);
  await record(
    { ids: deps.ids, stores },
    { actor, action: "tokens.create", now: createdAt },
    {
      workspaceId: token.workspaceId,
      target: { type: "token", id: token.id },
      before: null,
      after: tokenFacts(token),
    },
  );
  return { token: await viewToken(stores, token), secret };
};

/** Management tokens: each shown once, stored as a digest. */
export const createTokens = (deps: DomainDeps) =>
  Object.freeze({
    /** @throws DomainError `FORBIDDEN`, `NOT_FOUND`, `INVALID_INPUT`. */
    create: async (actor: Manager, input: CreateTokenInput): Promise<IssuedToken> =>
      deps.database.transaction(async (stores) =>
        issueToken(deps, stores, { actor, place: await placeOf(stores, actor, input), input }),
      ),

    /** A page, newest first: of the caller's workspace; for an operator, of the installation and its clusters. */
    list: async (actor: Manager, { limit, cursor }: ListTokensInput): Promise<TokenPage> => {
      const stores = deps.database.read;
      const workspaceId = actor.kind === "workspace" ? actor.workspaceId : null;
      // One more than asked tells whether another page follows.
      const found = await stores.tokens.list(workspaceId, { after: cursor, limit: limit + 1 });
      const tokens = await viewTokens(stores, found.slice(0, limit));
      return { tokens, nextCursor: found.length > limit ? (tokens.at(-1)?.id ?? null) : null };
    },

    /** Ends a token at once, everywhere as `keys.revoke` does. Idempotent. An operator may end any. @throws DomainError `NOT_FOUND`. */
    revoke: async (actor: Manager, { tokenId }: TokenRef): Promise<RevokedToken> => {
      const { result, everywhere } = await deps.database.commit(async (stores) => {
        // Of several at once, each sees what the one before left, and the audit tells of that.
        const token = await stores.tokens.lock(tokenId);
        const isForeign = actor.kind === "workspace" && token?.workspaceId !== actor.workspaceId;
        if (token === null || isForeign) throw notFound("token");
        const now = deps.clock.now();
        const revoked = { ...token, revokedAt: token.revokedAt ?? now };
        await stores.tokens.revoke(tokenId, revoked.revokedAt);
        await record(
          { ids: deps.ids, stores },
          { actor, action: "tokens.revoke", now },
          {
            workspaceId: token.workspaceId,
            target: { type: "token", id: token.id },
            before: tokenFacts(token),
            after: tokenFacts(revoked),
          },
        );
        return viewToken(stores, revoked);
      });
      return { ...result, ...everywhereOf(await everywhere) };
    },
  });
export type Tokens = ReturnType<typeof createTokens>;
