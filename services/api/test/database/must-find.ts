import type { Stores } from "@itsy/core";

/** A key that must be there. */
export const mustFind = async (stores: Stores, workspaceId: string, id: string) => {
  const key = await stores.keys.findById(workspaceId, id);
  if (key === null) throw new Error("the key is gone");
  return key;
};
