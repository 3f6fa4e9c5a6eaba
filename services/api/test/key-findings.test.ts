import { waitUntil } from "@itsy/testbed";
import { expect, test } from "vitest";

import { reportLeaks, scannerEnv } from "./api/scanner.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds, freshDatabase } from "./database/fresh-database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

test.each(databaseKinds)(
  "on %s, an old version is in use for a day after its last use in the overlap",
  async (kind) => {
    await using api = await startTestApi({ kind });
    const { tokens } = await api.tenant("acme");
    const admin = api.client(tokens.admin);
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local" });
    await admin.keys.rotate({ keyId: key.id, overlapMs: 7 * DAY_MS });
    const found = async () => (await admin.keys.health({ keyId: key.id })).keys[0];
    await api.verify(tokens.verifier, { secret });
    await waitUntil(async () => (await found())?.findings.includes("OLD_VERSION_IN_USE") === true, {
      what: "the use of the old version is known",
    });
    api.clock.advance(DAY_MS - 1000);
    expect((await found())?.findings).toContain("OLD_VERSION_IN_USE");
    api.clock.advance(5 * DAY_MS);
    expect(await found()).toMatchObject({
      findings: ["NEVER_EXPIRES"],
      versions: [{ state: "retiring", accepted: 0, acceptedRetiring: 1 }, { state: "current" }],
    });
  },
);

test.each(databaseKinds)(
  "on %s, an expired key that may come back is still found by leak and old pepper",
  async (kind) => {
    await using fresh = await freshDatabase(kind);
    const databaseUrl = fresh.url;
    const made = async () => {
      await using api = await startTestApi({ databaseUrl, env: { PEPPER_CURRENT: "1" } });
      const { tokens } = await api.tenant("acme");
      const expiresAt = new Date(api.clock.now().getTime() + DAY_MS).toISOString();
      return {
        tokens,
        ...(await api.client(tokens.admin).keys.create({ name: "a", environment: "local", expiresAt })),
      };
    };
    const { tokens, key, secret } = await made();
    await using api = await startTestApi({ databaseUrl, env: scannerEnv });
    const admin = api.client(tokens.admin);
    await reportLeaks(api, [{ secret }]);
    api.clock.advance(2 * DAY_MS);
    const expired = { status: "expired", findings: ["LEAKED", "OLD_PEPPER"] };
    expect((await admin.keys.health({ finding: "OLD_PEPPER" })).keys).toMatchObject([expired]);
    expect((await admin.keys.health({ keyId: key.id })).keys).toMatchObject([expired]);
    const expiresAt = new Date(api.clock.now().getTime() + 100 * DAY_MS).toISOString();
    await admin.keys.update({ keyId: key.id, expiresAt });
    expect((await api.verify(tokens.verifier, { secret })).status).toBe(200);
    await admin.keys.revoke({ keyId: key.id });
    expect((await admin.keys.health({ keyId: key.id })).keys).toMatchObject([{ status: "revoked", findings: [] }]);
  },
);
