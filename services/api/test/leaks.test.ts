import type { KeyStatus, LeakPolicy, Verification } from "@itsy/contract";
import { generateSecret } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { reportLeaks, scannerEnv } from "./api/scanner.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { type DatabaseKind, databaseKinds, freshDatabase, serverKinds } from "./database/fresh-database.ts";

const start = async (kind: DatabaseKind, leakPolicy?: LeakPolicy) => {
  const api = await startTestApi({ kind, env: scannerEnv });
  const { tokens } = await api.tenant("acme");
  const admin = api.client(tokens.admin);
  if (leakPolicy !== undefined) await admin.workspaces.update({ leakPolicy });
  return {
    api,
    tokens,
    admin,
    create: async () => {
      const { key, secret } = await admin.keys.create({ name: "a", environment: "production" });
      return { keyId: key.id, secret };
    },
    outcomeOf: async (secret: string) => {
      const answer = (await (await api.verify(tokens.verifier, { secret })).json()) as Verification;
      return answer.valid ? "VALID" : answer.code;
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};

const policies: readonly [LeakPolicy | undefined, KeyStatus, string][] = [
  [undefined, "active", "VALID"],
  ["notify", "active", "VALID"],
  ["pause", "paused", "PAUSED"],
  ["revoke", "revoked", "REVOKED"],
];

describe.each(databaseKinds)("a secret that was found in public, on %s", (kind) => {
  test.each(policies)("with the policy %s makes its key %s, and verify answers %s", async (policy, status, outcome) => {
    await using started = await start(kind, policy);
    const { api, admin, create, outcomeOf } = started;
    const [{ keyId, secret }, other] = [await create(), await create()];
    expect(await outcomeOf(secret)).toBe("VALID");
    const location = `https://user:hunter2@git.example/blob/main/${secret}/a.ts?token=abc#L12`;
    expect(await reportLeaks(api, [{ secret, location }])).toMatchObject({ status: 200, labels: ["true_positive"] });
    expect(await outcomeOf(secret)).toBe(outcome);
    expect(await outcomeOf(other.secret)).toBe("VALID");
    const key = await admin.keys.get({ keyId });
    const leakedAt = status === "revoked" ? null : api.clock.now().toISOString();
    expect(key).toMatchObject({ status, leakedAt });
    expect((await admin.keys.get({ keyId: other.keyId })).leakedAt).toBeNull();
    const { entries } = await admin.audit.list({ action: "leaks.report" });
    expect(entries).toMatchObject([
      {
        actor: { kind: "scanner", tokenId: "scanner:hub", role: "scanner", cluster: null },
        workspace: "acme",
        target: { type: "key", id: keyId },
        after: { leakedRevision: 1, leakLocation: "https://git.example/blob/main/[redacted]/a.ts#L12" },
        ip: "127.0.0.1",
      },
    ]);
    const stateOf = async () => {
      // Told about a second after the use, whatever else happens.
      const { lastUsedAt: _, ...state } = await admin.keys.get({ keyId });
      return state;
    };
    const stateBefore = await stateOf();
    expect(await reportLeaks(api, [{ secret, location }])).toMatchObject({ labels: ["true_positive"] });
    expect(await stateOf()).toEqual(stateBefore);
    expect((await admin.audit.list({ action: "leaks.report" })).entries).toEqual(entries);
    expect((await admin.audit.list({ tokenId: "scanner:hub" })).entries).toEqual(entries);
  });

  test("is known as leaked until it works no more; one that had ended changes nothing", async () => {
    await using started = await start(kind, "revoke");
    const { api, admin, create, outcomeOf } = started;
    const { keyId, secret } = await create();
    const rotated = await admin.keys.rotate({ keyId });
    await reportLeaks(api, [{ secret }]);
    expect(await admin.keys.get({ keyId })).toMatchObject({ status: "active", leakedAt: null });
    await admin.workspaces.update({ leakPolicy: "notify" });
    await reportLeaks(api, [{ secret: rotated.secret }]);
    expect((await admin.keys.list({})).keys).toMatchObject([{ leakedAt: api.clock.now().toISOString() }]);
    const again = await admin.keys.rotate({ keyId, overlapMs: 60_000 });
    expect(again.key.leakedAt).toBe(api.clock.now().toISOString());
    const finished = await admin.keys.finishOverlap({ keyId });
    expect(finished.leakedAt).toBeNull();
    expect(await outcomeOf(again.secret)).toBe("VALID");
  });

  test("pauses again a key that was resumed with the same secret, until it is rotated", async () => {
    await using started = await start(kind, "pause");
    const { api, admin, create } = started;
    const { keyId, secret } = await create();
    await reportLeaks(api, [{ secret }]);
    await admin.keys.resume({ keyId });
    await reportLeaks(api, [{ secret }]);
    expect((await admin.keys.get({ keyId })).status).toBe("paused");
    await admin.keys.rotate({ keyId });
    await admin.keys.resume({ keyId });
    await reportLeaks(api, [{ secret }]);
    expect((await admin.keys.get({ keyId })).status).toBe("active");
    expect((await admin.audit.list({ action: "leaks.report" })).entries).toHaveLength(2);
  });

  test("that is a management token is revoked; one that may only verify follows the policy", async () => {
    await using started = await start(kind, "notify");
    const { api, admin, tokens } = started;
    const operator = api.client(api.operatorToken);
    const spare = (await operator.tokens.create({ role: "operator", name: "spare" })).secret;
    const works = async (token: string) =>
      api
        .client(token)
        .workspaces.list({})
        .then(
          () => true,
          () => false,
        );
    const leaks = [tokens.developer, tokens.viewer, tokens.verifier, spare].map((secret) => ({ secret }));
    expect((await reportLeaks(api, leaks)).labels).toEqual(leaks.map(() => "true_positive"));
    expect([await works(tokens.developer), await works(tokens.viewer), await works(spare)]).toEqual([
      false,
      false,
      false,
    ]);
    expect((await api.verify(tokens.verifier, { secret: "x" })).status).toBe(200);
    const told = (await admin.tokens.list({})).tokens.map(({ role, revokedAt, leakedAt }) => [
      role,
      revokedAt,
      leakedAt,
    ]);
    const now = api.clock.now().toISOString();
    expect(told).toContainEqual(["verifier", null, now]);
    expect(told).toContainEqual(["developer", now, now]);
    expect(told).toContainEqual(["admin", null, null]);
    const ofInstallation = (await operator.audit.list({ action: "leaks.report" })).entries;
    expect(ofInstallation.map(({ target, workspace }) => [target.type, workspace])).toEqual([["token", null]]);
    await admin.workspaces.update({ leakPolicy: "pause" });
    await reportLeaks(api, [{ secret: tokens.verifier }]);
    expect((await api.verify(tokens.verifier, { secret: "x" })).status).toBe(401);
  });

  test("is one of a thousand in one report, and each gets its own answer", { timeout: 120_000 }, async () => {
    await using started = await start(kind, "revoke");
    const { api, admin, create, outcomeOf } = started;
    const own: Awaited<ReturnType<typeof create>>[] = [];
    for (let index = 0; index < 100; index++) own.push(await create());
    const leaks = Array.from({ length: 1000 }, (_, index) => ({
      secret: index % 10 === 0 ? (own[index / 10]?.secret ?? "") : generateSecret({ environment: "local" }),
      location: `https://git.example/${"d/".repeat(100)}${index}`,
    }));
    const { labels } = await reportLeaks(api, leaks);
    expect(labels).toEqual(leaks.map((_, index) => (index % 10 === 0 ? "true_positive" : "false_positive")));
    expect((await admin.keys.count({})).revoked).toBe(100);
    expect(await outcomeOf(own[99]?.secret ?? "")).toBe("REVOKED");
  });
});

describe.each(serverKinds)("two replicas on %s", (kind) => {
  test("both refuse a leaked key when the scanner has its answer", async () => {
    await using fresh = await freshDatabase(kind);
    await using near = await startTestApi({ databaseUrl: fresh.url, env: scannerEnv });
    await using far = await startTestApi({ databaseUrl: fresh.url });
    const { tokens } = await near.tenant("acme");
    const admin = near.client(tokens.admin);
    const outcome = async (secret: string) => (await far.verify(tokens.verifier, { secret })).json();
    for (const [leakPolicy, code] of [
      ["pause", "PAUSED"],
      ["revoke", "REVOKED"],
    ] as const) {
      await admin.workspaces.update({ leakPolicy });
      const { secret } = await admin.keys.create({ name: "a", environment: "production" });
      for (let asked = 0; asked < 3; asked++) expect(await outcome(secret)).toMatchObject({ valid: true });
      expect(await reportLeaks(near, [{ secret }])).toMatchObject({ status: 200 });
      expect(await outcome(secret)).toEqual({ valid: false, code });
    }
  });
});
