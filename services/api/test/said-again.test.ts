import { waitUntil } from "@itsy/testbed";
import { expect, test } from "vitest";

import { reportLeaks, scannerEnv } from "./api/scanner.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { freshDatabase, serverKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

/** How many changes were waited for, until they held everywhere, by each of the calls. */
const waitsOf = async ({ url }: TestApi, calls: readonly (() => Promise<unknown>)[]) => {
  const waits = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const counts = [...text.matchAll(/^itsy_change_everywhere_seconds_count\{.*\} (\d+)$/gm)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const caused: number[] = [];
  for (const call of calls) {
    const before = await waits();
    await call();
    caused.push((await waits()) - before);
  }
  return caused;
};

const start = async (kind: (typeof serverKinds)[number]) => {
  const api = await startTestApi({ kind, env: scannerEnv });
  const { tokens } = await api.tenant("acme");
  return { api, admin: api.client(tokens.admin), [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
};

// The call before may have died, or still wait: its change is known to be everywhere only when somebody waits for it.
test.each(serverKinds)(
  "a change that is asked for again waits again until it holds everywhere, on %s",
  async (kind) => {
    await using started = await start(kind);
    const { api, admin } = started;
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
      expect([String(call), await waitsOf(api, [call, call])]).toEqual([String(call), [1, 1]]);
    }
  },
);

test.each(serverKinds)(
  "a report of a leak that is sent again waits again for what the first one ended, on %s",
  async (kind) => {
    await using started = await start(kind);
    const { api, admin } = started;
    for (const leakPolicy of ["pause", "revoke"] as const) {
      await admin.workspaces.update({ leakPolicy });
      const { secret } = await admin.keys.create({ name: leakPolicy, environment: "local" });
      const { secret: token } = await admin.tokens.create({ role: "viewer", name: leakPolicy });
      for (const leaked of [secret, token]) {
        const report = async () => expect(await reportLeaks(api, [{ secret: leaked }])).toMatchObject({ status: 200 });
        expect([leakPolicy, await waitsOf(api, [report, report])]).toEqual([leakPolicy, [1, 1]]);
      }
    }
  },
);

test.each(serverKinds)("a pepper that is retired again waits again for what it ended, on %s", async (kind) => {
  await using fresh = await freshDatabase(kind);
  const start = (PEPPER_CURRENT: string) => startTestApi({ databaseUrl: fresh.url, env: { PEPPER_CURRENT } });
  const prepare = async () => {
    await using api = await start("1");
    const { secret } = await api.client(api.operatorToken).tokens.create({ role: "operator", name: "a" });
    return secret;
  };
  const token = await prepare();
  await using api = await start("2");
  const operator = api.client(token);
  await operator.peppers.report({});
  const needed = async () => (await operator.peppers.report({})).peppers[0]?.tokens;
  // The one that is used moves to the current pepper; the one that was printed at the start stays.
  await waitUntil(async () => (await needed()) === 1, { what: "the token has moved" });
  const retire = () => operator.peppers.retire({ version: 1, confirmCount: 1 });
  expect(await waitsOf(api, [retire, retire])).toEqual([1, 1]);
});
