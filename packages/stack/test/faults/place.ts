import { waitUntilReady } from "../../src/api-key.ts";
import { createTenant } from "../world/tenant.ts";
import { aName, type World } from "../world/world.ts";
import { startAnother } from "./reconcilers.ts";
import type { Place, Scenario } from "./scenario.ts";

/** So many places for the scenario, with what is given in each. No reconciler runs when they are there. */
export const createPlaces = async (world: World, scenario: Scenario, count: number): Promise<readonly Place[]> => {
  const tenants = await Promise.all(Array.from({ length: count }, () => createTenant(world)));
  const named = tenants.map((tenant) => ({ tenant, name: { namespace: tenant.namespace, name: aName("key") } }));
  if (scenario.given === "nothing")
    return named.map((place) => ({ world, ...place, before: { value: null, keyId: "" } }));

  // For one place it works there only: it may be prepared while something happens at another one.
  const [only, ...more] = tenants;
  const env = only !== undefined && more.length === 0 ? { WATCH_NAMESPACE: only.namespace } : {};
  await using _ = await startAnother(world, "first", env);
  // Awaited, or the reconciler would be gone before.
  return await Promise.all(
    named.map(async ({ tenant, name }) => {
      await tenant.apply(scenario.spec, name.name);
      const { status } = await waitUntilReady(world.cluster.client, name);
      const before = { value: await tenant.value(name), keyId: status?.keyId ?? "" };
      const place = { world, tenant, name, before };
      await scenario.prepare?.(place);
      return place;
    }),
  );
};
