import type { Everywhere, Verification } from "@itsy/contract";
import { expect } from "vitest";

import type { DatabaseKind } from "../database/fresh-database.ts";
import { startTestApi } from "./start-test-api.ts";

/** A workspace with who may change its keys, and what becomes of a change. */
export const startKeyChanges = async (kind: DatabaseKind) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  const admin = api.client(tokens.admin);
  return {
    api,
    admin,
    reconciler: api.client(await api.cluster("local", ["acme"])),
    verdict: async (secret: string, required: object = {}): Promise<Verification> =>
      (await (await api.verify(tokens.verifier, { secret, ...required })).json()) as Verification,
    /** The procedures that changed the thing, the oldest first. */
    actions: async (targetId: string) =>
      (await admin.audit.list({ targetId, limit: 100 })).entries.map(({ action }) => action).toReversed(),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};
export type KeyChanges = Awaited<ReturnType<typeof startKeyChanges>>;

/** The key as `get` shows it. */
export const viewOf = <View extends Everywhere>({ effectiveEverywhere, waitedMs, ...view }: View) => {
  expect({ effectiveEverywhere, waitedMs }).toEqual({ effectiveEverywhere: true, waitedMs: expect.any(Number) });
  // Told about a second after a use, whatever else happens.
  return { ...view, lastUsedAt: null };
};
