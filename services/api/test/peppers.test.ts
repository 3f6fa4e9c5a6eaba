import type { Verification } from "@itsy/contract";
import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../src/database/open-database.ts";
import { parseSettings, SettingsError } from "../src/env.ts";
import { codeOf } from "./api/code-of.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { databaseKinds, freshDatabase, serverKinds } from "./database/fresh-database.ts";

const entry = (version: number, byte = version) => `${version}:${Buffer.alloc(32, byte).toString("base64")}`;
const peppers = (versions: readonly number[], current: number) => ({
  PEPPERS: versions.map((version) => entry(version)).join(","),
  PEPPER_CURRENT: String(current),
});

const reasonOf = async (start: Promise<TestApi>): Promise<string> => {
  try {
    await using _api = await start;
    return "started";
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
};

/** A database with a workspace, some keys and the tokens for it, all under pepper 1. */
const prepare = async (databaseUrl: string, keyCount: number) => {
  await using api = await startTestApi({ databaseUrl, env: peppers([1], 1) });
  const { tokens } = await api.tenant("acme");
  const issued = [];
  for (let index = 0; index < keyCount; index++) {
    issued.push(await api.client(tokens.admin).keys.create({ name: `key ${index}`, environment: "production" }));
  }
  return {
    operatorToken: api.operatorToken,
    tokens,
    keys: issued.map(({ key, secret }) => ({ keyId: key.id, secret })),
  };
};

const verdicts = async (api: TestApi, token: string, secrets: readonly string[]) =>
  Promise.all(
    secrets.map(async (secret) => {
      const answer = (await (await api.verify(token, { secret })).json()) as Verification;
      return answer.valid ? "VALID" : answer.code;
    }),
  );

const reportOf = async (api: TestApi, operatorToken: string) =>
  (await api.client(operatorToken).peppers.report({})).peppers.map(
    ({ version, here, secrets, tokens }) => `${version} ${here}: ${secrets} secrets, ${tokens} tokens`,
  );

describe.each(databaseKinds)("peppers on %s", (kind) => {
  test("a hit on an old one moves the secret to the current one, and nothing else of the key", async () => {
    await using fresh = await freshDatabase(kind);
    const { operatorToken, tokens, keys } = await prepare(fresh.url, 3);
    const secrets = keys.map(({ secret }) => secret);
    await using api = await startTestApi({ databaseUrl: fresh.url, env: peppers([1, 2], 2) });
    const admin = api.client(tokens.admin);
    // Told about a second after the use, whatever else happens.
    const keysNow = async () => (await admin.keys.list({})).keys.map((key) => ({ ...key, lastUsedAt: null }));
    const before = await keysNow();
    expect(await reportOf(api, operatorToken)).toContain("2 current: 0 secrets, 0 tokens");
    expect(await verdicts(api, tokens.verifier, secrets.slice(0, 2))).toEqual(["VALID", "VALID"]);
    // The operator's, the admin's and the verifier's token were presented, the developer's and the viewer's were not.
    await waitUntil(
      async () =>
        (await reportOf(api, operatorToken)).join() === "1 live: 1 secrets, 2 tokens,2 current: 2 secrets, 3 tokens",
      { what: "what was presented is under the current pepper" },
    );
    expect(await keysNow()).toEqual(before);
    expect(await verdicts(api, tokens.verifier, secrets)).toEqual(["VALID", "VALID", "VALID"]);
    const { waitedMs: _, ...revoked } = await admin.keys.revoke({ keyId: keys[0]?.keyId ?? "" });
    expect(revoked).toMatchObject({ status: "revoked", effectiveEverywhere: true });
    expect(await verdicts(api, tokens.verifier, secrets)).toEqual(["REVOKED", "VALID", "VALID"]);
  });

  test("one that nothing needs is retired, leaves the settings, and its number is never current again", async () => {
    await using fresh = await freshDatabase(kind);
    const { operatorToken, tokens, keys } = await prepare(fresh.url, 1);
    const secrets = keys.map(({ secret }) => secret);
    {
      await using api = await startTestApi({ databaseUrl: fresh.url, env: peppers([1, 2], 2) });
      const operator = api.client(operatorToken);
      expect(await codeOf(operator.peppers.retire({ version: 2 }))).toBe("CONFLICT");
      expect(await codeOf(operator.peppers.retire({ version: 3 }))).toBe("NOT_FOUND");
      expect(await codeOf(operator.peppers.retire({ version: 1 }))).toBe("CONFLICT");
      await verdicts(api, tokens.verifier, secrets);
      for (const token of Object.values(tokens)) await codeOf(api.client(token).keys.list({}));
      await waitUntil(async () => (await reportOf(api, operatorToken))[0] === "1 live: 0 secrets, 0 tokens", {
        what: "nothing needs the old pepper",
      });
      const retired = await operator.peppers.retire({ version: 1 });
      expect(retired).toMatchObject({ version: 1, here: "live", retiredAt: api.clock.now().toISOString() });
      expect(await operator.peppers.retire({ version: 1 })).toEqual(retired);
      const { entries } = await operator.audit.list({ action: "peppers.retire" });
      expect(entries.map(({ target, before, after }) => [target.id, before, after])).toEqual([
        ["1", { retiredAt: null }, { retiredAt: retired.retiredAt }],
      ]);
    }
    {
      await using api = await startTestApi({ databaseUrl: fresh.url, env: peppers([2], 2) });
      expect(await verdicts(api, tokens.verifier, secrets)).toEqual(["VALID"]);
      expect(api.logs()).not.toContain('"level":40');
    }
    const again = startTestApi({ databaseUrl: fresh.url, env: peppers([1, 2], 1) });
    expect(await reasonOf(again)).toContain("the current pepper is version 1, which was retired");
  });

  test("what still needs one is told, and ended with it only by who knows how much it is", async () => {
    await using fresh = await freshDatabase(kind);
    const { operatorToken, tokens, keys } = await prepare(fresh.url, 3);
    const secrets = keys.map(({ secret }) => secret);
    await using api = await startTestApi({ databaseUrl: fresh.url, env: peppers([1, 2], 2) });
    const operator = api.client(operatorToken);
    await verdicts(api, tokens.verifier, secrets.slice(0, 1));
    const admin = api.client(tokens.admin);
    await admin.keys.list({});
    await waitUntil(async () => (await reportOf(api, operatorToken))[0] === "1 live: 2 secrets, 2 tokens", {
      what: "the report has fallen",
    });
    const pages = [];
    let cursor: string | undefined;
    do {
      const page = await operator.peppers.holders({ version: 1, limit: 1, ...(cursor !== undefined && { cursor }) });
      pages.push(...page.holders);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages.map(({ type, id, workspace }) => [type, type === "key" ? id : "", workspace])).toEqual([
      ...keys.slice(1).map(({ keyId }) => ["key", keyId, "acme"]),
      ["token", "", "acme"],
      ["token", "", "acme"],
    ]);
    for (const confirmCount of [undefined, 3, 5]) {
      const call = operator.peppers.retire({ version: 1, ...(confirmCount !== undefined && { confirmCount }) });
      await expect(call).rejects.toMatchObject({
        code: "CONFLICT",
        message: expect.stringContaining("confirmCount 4"),
      });
    }
    expect(await operator.peppers.retire({ version: 1, confirmCount: 4 })).toMatchObject({
      secrets: 0,
      tokens: 0,
      effectiveEverywhere: true,
    });
    expect(await verdicts(api, tokens.verifier, secrets)).toEqual(["VALID", "REVOKED", "REVOKED"]);
    expect(await codeOf(api.client(tokens.developer).keys.list({}))).toBe("UNAUTHENTICATED");
    const keyId = keys[1]?.keyId ?? "";
    const { entries } = await admin.audit.list({ action: "peppers.retire", targetType: "key" });
    expect(entries.map(({ target, after }) => [target.id, after])).toEqual(
      [keys[2], keys[1]].map((key) => [key?.keyId, { endedRevision: 1 }]),
    );
    const rotated = await admin.keys.rotate({ keyId });
    expect(await verdicts(api, tokens.verifier, [rotated.secret])).toEqual(["VALID"]);
  });

  test("one that is missing or another one ends the start; one that is lost may be given up", async () => {
    await using fresh = await freshDatabase(kind);
    const { tokens, keys } = await prepare(fresh.url, 2);
    const secrets = keys.map(({ secret }) => secret);
    const databaseUrl = fresh.url;
    const missing = await reasonOf(startTestApi({ databaseUrl, env: peppers([2], 2) }));
    expect(missing).toContain("pepper version 1 is missing, and 2 working secrets and 5 tokens need it");
    const other = await reasonOf(startTestApi({ databaseUrl, env: { PEPPERS: entry(1, 99) } }));
    expect(other).toContain("the pepper of version 1 is not the one that this database was used with");
    expect(missing + other).not.toMatch(/[A-Za-z0-9+/]{40}/);

    const env = { ...peppers([2], 2), PEPPERS_LOST: "1" };
    await using api = await startTestApi({ databaseUrl, env });
    expect(api.logs()).toContain("pepper version 1 is lost: 2 working secrets and 5 tokens are refused");
    // Nobody can present a token any more: the database issues another one as the program for it does.
    await using opened =
      kind === "sqlite" ? undefined : await openDatabase(parseSettings({ DATABASE_URL: databaseUrl, ...env }).database);
    expect(await codeOf(api.client(tokens.admin).keys.list({}))).toBe("UNAUTHENTICATED");
    expect(await (await fetch(`${api.url}/readyz`)).json()).toMatchObject({ status: "ready" });
    if (opened === undefined) return;
    expect(await opened.database.read.peppers.usage(api.clock.now())).toEqual([
      { version: 1, secrets: secrets.length, tokens: 5 },
    ]);
  });
});

test.each(databaseKinds)("on %s, one that no replica ever told is retired as well", async (kind) => {
  await using fresh = await freshDatabase(kind);
  await using opened = await openDatabase(parseSettings({ DATABASE_URL: fresh.url, ...peppers([2], 2) }).database);
  const { database } = opened;
  const at = new Date("2027-01-01T00:00:00.001Z");
  await database.transaction((stores) => stores.peppers.retire(7, at));
  const told = { version: 7, fingerprint: null, firstSeenAt: null, retiredAt: at };
  expect(await database.read.peppers.list()).toEqual([told]);
});

describe.each(serverKinds)("several replicas on %s", (kind) => {
  test("one that lacks a pepper that another one uses says that it is not ready", async () => {
    await using fresh = await freshDatabase(kind);
    const { tokens } = await prepare(fresh.url, 1);
    await using old = await startTestApi({ databaseUrl: fresh.url, env: peppers([1], 1) });
    const checks = async () => {
      const response = await fetch(`${old.url}/readyz`);
      return [response.status, ((await response.json()) as { checks: { peppers: string } }).checks.peppers];
    };
    expect(await checks()).toEqual([200, "ok"]);
    await using young = await startTestApi({ databaseUrl: fresh.url, env: peppers([1, 2], 2) });
    expect(await checks()).toEqual([200, "ok"]);
    await young.client(tokens.admin).keys.create({ name: "new", environment: "production" });
    expect(await checks()).toEqual([503, "missing"]);
  });
});
