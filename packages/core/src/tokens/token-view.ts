import type { TokenView } from "@itsy/contract";

import type { ManagementToken } from "../entities.ts";
import { instantTextOrNull } from "../instant-text.ts";
import type { Stores } from "../ports.ts";
import { workspaceSlugs } from "../workspace-slugs.ts";

/** Each cluster is looked up once, however many tokens belong to it. */
const clusterSlugs = async (
  stores: Stores,
  tokens: readonly ManagementToken[],
): Promise<ReadonlyMap<string | null, string>> => {
  const ids = new Set(tokens.map(({ clusterId }) => clusterId).filter((id) => id !== null));
  const found = await Promise.all([...ids].map((id) => stores.clusters.findById(id)));
  return new Map(found.filter((cluster) => cluster !== null).map(({ id, slug }) => [id, slug]));
};

/** Shows tokens as the API does: without a digest. */
export const viewTokens = async (stores: Stores, tokens: readonly ManagementToken[]): Promise<TokenView[]> => {
  const [workspaces, clusters] = await Promise.all([workspaceSlugs(stores, tokens), clusterSlugs(stores, tokens)]);
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
