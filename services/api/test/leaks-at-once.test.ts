import { LeakPolicy } from "@itsy/contract";
import { expect, test } from "vitest";

import { reportLeaks, scannerEnv } from "./api/scanner.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const REPORTS = 4;
const cases = databaseKinds.flatMap((kind) => LeakPolicy.options.map((leakPolicy) => ({ kind, leakPolicy })));

test.each(cases)(
  "on $kind with $leakPolicy, reports that come at once are told as one",
  async ({ kind, leakPolicy }) => {
    await using api = await startTestApi({ kind, env: scannerEnv });
    const { tokens } = await api.tenant("acme");
    const admin = api.client(tokens.admin);
    await admin.workspaces.update({ leakPolicy });
    const atOnce = (secret: string) =>
      Promise.all(Array.from({ length: REPORTS }, (_, i) => reportLeaks(api, [{ secret, location: `place ${i}` }])));
    const toldOf = async (targetId: string) =>
      (await admin.audit.list({ action: "leaks.report", targetId })).entries.length;
    for (let round = 0; round < 5; round += 1) {
      const { key, secret } = await admin.keys.create({ name: "a", environment: "local" });
      const token = await admin.tokens.create({ role: "verifier", name: "v" });
      for (const found of [secret, token.secret])
        for (const { labels } of await atOnce(found)) expect(labels).toEqual(["true_positive"]);
      expect([await toldOf(key.id), await toldOf(token.token.id)]).toEqual([1, 1]);
    }
  },
);
