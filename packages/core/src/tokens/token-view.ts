import type { TokenView } from "@itsy/contract";

import type { ManagementToken } from "../entities.ts";
import { instantTextOrNull } from "../instant-text.ts";
import type { Stores } from "../ports.ts";

type Find = (id: string) => Promise<{ readonly slug: string } | null>;

/** Each place is looked up once, however many tokens belong to it. */
const slugsOf = async (ids: readonly (string | null)[], find: Find): Promise<ReadonlyMap<string | null, string>> => {
  const distinct = [...new Set(ids)].filter((id) => id !== null);
  const found = await Promise.all(distinct.map(async (id) => [id, (await find(id))?.slug] as const));
  return new Map(found.filter((entry): entry is [string, string] => entry[1] !== undefined));
};

/** Shows tokens as the API does: without a digest. */
export const viewTokens = async (stores: Stores, tokens: readonly ManagementToken[]): Promise<TokenView[]> => {
  const [workspaces, clusters] = await Promise.all([
    slugsOf(
      tokens.map(({ workspaceId }) => workspaceId),
      (id) => stores.workspaces.findById(id),
    ),
    slugsOf(
      tokens.map(({ clusterId }) => clusterId),
      (id) => stores.clusters.findById(id),
    ),
  ]);
  return tokens.map((token) => ({
    id: token.id,
    name: token.name,
    role: token.role,
    workspace: workspaces.get(token.workspaceId) ?? null,
    cluster: clusters.get(token.clusterId) ?? null,
    displayPrefix: token.displayPrefix,
    expiresAt: instantTextOrNull(token.expiresAt),
    revokedAt: instantTextOrNull(token.revokedAt),
    leakedAt: instantTextOrNull(token.leakedAt),
    createdAt: token.createdAt.toISOString(),
  }));
};

export const viewToken = async (stores: Stores, token: ManagementToken): Promise<TokenView> => {
  const [only] = await viewTokens(stores, [token]);
  if (only === undefined) throw new Error("one token gives one view");
  return only;
};
