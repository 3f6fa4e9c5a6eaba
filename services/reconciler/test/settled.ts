import { waitUntil } from "@itsy/testbed";
import { expect } from "vitest";

import { type Place, valueOf } from "./world.ts";

/** One Secret with a working value, of one key with one version: however much was under way at once. */
export const expectSettled = async (place: Place): Promise<void> => {
  await waitUntil(
    async () => {
      const value = valueOf(await place.secret());
      const secrets = await place.secrets();
      return value !== null && place.delivery.verify(value) && secrets.length === 1;
    },
    { what: "one Secret with a working value is left", timeoutMs: 20_000 },
  );
  await waitUntil(() => place.delivery.workingVersions().length === 1, { what: "one version works" });
  expect(place.delivery.keys.filter(({ revoked }) => !revoked)).toHaveLength(1);
};
