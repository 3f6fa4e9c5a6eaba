import type { Stores } from "./ports.ts";

/** The slugs of the workspaces that things belong to (`null`: to none), each looked up once and all in one read. */
export const workspaceSlugs = async (
  stores: Stores,
  things: readonly { readonly workspaceId: string | null }[],
): Promise<ReadonlyMap<string | null, string>> => {
  const ids = new Set(things.map(({ workspaceId }) => workspaceId).filter((id) => id !== null));
  const found = await stores.workspaces.findMany([...ids]);
  return new Map(found.map(({ id, slug }) => [id, slug]));
};
