import { expect, test } from "vitest";

import { reportLeaks, scannerEnv } from "./api/scanner.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { serverKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

/** A workspace on a server database, and how many changes were waited for until they held everywhere. */
const start = async (kind: (typeof serverKinds)[number]) => {
  const api = await startTestApi({ kind, env: scannerEnv });
  const { tokens } = await api.tenant("acme");
  const waits = async () => {
    const text = await (await fetch(`${api.url}/metrics`)).text();
    const counts = [...text.matchAll(/^itsy_change_everywhere_seconds_count\{.*\} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };
  return {
    api,
    admin: api.client(tokens.admin),
    /** How many waits each of the calls caused. */
    waitsOf: async (calls: readonly (() => Promise<unknown>)[]) => {
      const caused: number[] = [];
      for (const call of calls) {
        const before = await waits();
        await call();
        caused.push((await waits()) - before);
      }
      return caused;
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};

// The call before may have died, or still wait: its change is known to be everywhere only when somebody waits for it.
test.each(serverKinds)(
  "a change that is asked for again waits again until it holds everywhere, on %s",
  async (kind) => {
    await using started = await start(kind);
    const { admin, waitsOf } = started;
    const { key } = await admin.keys.create({ name: "a", environment: "local" });
    const { id: keyId } = key;
    await admin.keys.rotate({ keyId, overlapMs: MINUTE_MS });
    const { token } = await admin.tokens.create({ role: "viewer", name: "a" });
    for (const call of [
      () => admin.keys.finishOverlap({ keyId }),
      () => admin.keys.update({ keyId, requestsPerMinute: 1 }),
      () => admin.keys.pause({ keyId }),
      () => admin.keys.pauseMany({ keyIds: [keyId] }),
      () => admin.keys.revoke({ keyId }),
      () => admin.keys.revokeMany({ keyIds: [keyId] }),
      () => admin.tokens.revoke({ tokenId: token.id }),
    ]) {
      expect([String(call), await waitsOf([call, call])]).toEqual([String(call), [1, 1]]);
    }
  },
);

test.each(serverKinds)(
  "a report of a leak that is sent again waits again for what the first one ended, on %s",
  async (kind) => {
    await using started = await start(kind);
    const { api, admin, waitsOf } = started;
    for (const leakPolicy of ["pause", "revoke"] as const) {
      await admin.workspaces.update({ leakPolicy });
      const { secret } = await admin.keys.create({ name: leakPolicy, environment: "local" });
      const { secret: token } = await admin.tokens.create({ role: "viewer", name: leakPolicy });
      for (const leaked of [secret, token]) {
        const report = async () => expect(await reportLeaks(api, [{ secret: leaked }])).toMatchObject({ status: 200 });
        expect([leakPolicy, await waitsOf([report, report])]).toEqual([leakPolicy, [1, 1]]);
      }
    }
  },
);
