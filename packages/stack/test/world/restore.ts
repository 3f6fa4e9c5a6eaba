import { type ObjectName, Secrets } from "@itsy/controller-runtime";
import { waitUntil } from "@itsy/testbed";

import { ApiKeys } from "../../src/api-key.ts";
import type { Tenant } from "./tenant.ts";
import type { World } from "./world.ts";

/**
 * As a restore from a backup leaves it: the Secret without its owner, the ApiKey under a new uid and without status. No
 * reconciler may run meanwhile.
 */
export const restore = async (
  { cluster }: World,
  { tenant, name }: { readonly tenant: Tenant; readonly name: ObjectName },
  spec: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const { client } = cluster;
  await client.mergePatch(Secrets, name, { metadata: { name: name.name, ownerReferences: [] } });
  await client.mergePatch(ApiKeys, name, { metadata: { name: name.name, finalizers: [] } });
  await client.delete(ApiKeys, name);
  await waitUntil(async () => (await tenant.get(name)) === null, { what: "the ApiKey is gone" });
  await tenant.apply(spec, name.name);
};
