import type { AuditEntry } from "@itsy/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { makePlace, makeThings, type Place } from "./api/things.ts";
import { databaseKinds, openFreshDatabase } from "./database/fresh-database.ts";

let api: TestApi;
let place: Place;

beforeAll(async () => {
  api = await startTestApi({ env: { TRUSTED_PROXY_HOPS: "1" } });
  place = await makePlace(api, "acme");
});
afterAll(() => api[Symbol.asyncDispose]());

test("an entry tells who, what, before and after, and from where, with the address that the trusted proxy wrote", async () => {
  const admin = api.client(place.tenant.tokens.admin);
  const { key } = await admin.keys.create({ name: "told", environment: "preview" });
  await fetch(`${api.url}/trpc/keys.revoke`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${place.tenant.tokens.developer}`,
      "content-type": "application/json",
      "user-agent": `x ${api.operatorToken} ${"y".repeat(400)}`,
      "x-forwarded-for": "10.9.9.9, 2001:db8::7",
    },
    body: JSON.stringify({ keyId: key.id }),
  });
  const developer = (await admin.tokens.list()).tokens.find(({ name }) => name === "developer");
  const { entries } = await admin.audit.list({ targetId: key.id });
  expect(entries).toEqual([
    {
      id: expect.stringMatching(/^aud_/),
      at: api.clock.now().toISOString(),
      action: "keys.revoke",
      workspace: "acme",
      actor: { kind: "workspace", tokenId: developer?.id, role: "developer", cluster: null },
      target: { type: "key", id: key.id },
      before: { revokedAt: null },
      after: { revokedAt: api.clock.now().toISOString() },
      ip: "2001:db8::7",
      userAgent: expect.stringMatching(/^x \[redacted\] y{180,190}$/),
    },
    expect.objectContaining({
      action: "keys.create",
      before: null,
      after: expect.objectContaining({ name: "told", environment: "preview", requestsPerMinute: 60, revision: 1 }),
    }),
  ]);
});

test("an admin sees the own workspace, an operator the installation; each filter holds", async () => {
  const other = await makePlace(api, "rival");
  const things = await makeThings(api, other);
  const operator = api.client(api.operatorToken);
  const admin = api.client(other.tenant.tokens.admin);
  await admin.keys.revoke({ keyId: things.keyId });

  const own = (await admin.audit.list({ limit: 100 })).entries;
  expect(new Set(own.map(({ workspace }) => workspace))).toEqual(new Set(["rival"]));
  expect(own.map(({ action }) => action)).toEqual(expect.arrayContaining(["workspaces.create", "clusters.allow"]));
  const installation = (await operator.audit.list({ limit: 100 })).entries;
  const isForOperator = ({ actor, workspace }: (typeof own)[number]) =>
    actor.kind === "installation" || workspace === null;
  expect(installation.filter((entry) => !isForOperator(entry))).toEqual([]);
  expect(installation.map(({ action }) => action)).toContain("clusters.create");

  const revocations = (await admin.audit.list({ action: "keys.revoke" })).entries;
  expect(revocations.map(({ target }) => target.id)).toEqual([things.keyId]);
  const tokenId = revocations[0]?.actor.tokenId ?? "";
  expect((await admin.audit.list({ tokenId, action: "keys.revoke" })).entries).toEqual(revocations);
  expect((await admin.audit.list({ tokenId: "tok_none" })).entries).toEqual([]);
  const now = api.clock.now().toISOString();
  expect((await admin.audit.list({ to: now })).entries).toEqual([]);
  expect((await admin.audit.list({ from: now, limit: 100 })).entries).toEqual(own);
  const tokens = (await admin.audit.list({ targetType: "token", limit: 100 })).entries;
  expect(new Set(tokens.map(({ target }) => target.type))).toEqual(new Set(["token"]));
});

test("pages follow one another without a gap or a repetition", async () => {
  const admin = api.client(place.tenant.tokens.admin);
  for (let index = 0; index < 7; index++) {
    await admin.projects.create({ slug: `paged-${index}`, name: "Paged" });
    if (index % 3 === 0) api.clock.advance(5);
  }
  const filter = { action: "projects.create" };
  const whole = (await admin.audit.list({ ...filter, limit: 100 })).entries;
  const seen: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await admin.audit.list({ ...filter, limit: 3, ...(cursor !== undefined && { cursor }) });
    seen.push(...page.entries);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual(whole);
  expect(whole.length).toBeGreaterThan(6);
  const foreign = (await api.client(api.operatorToken).audit.list({ action: "clusters.create" })).entries[0]?.id ?? "";
  expect(await admin.audit.list({ cursor: foreign })).toEqual({ entries: [], nextCursor: null });
});

describe.each(databaseKinds)("the audit on %s", (kind) => {
  const entry: AuditEntry = {
    id: `aud_${"0".repeat(26)}`,
    at: new Date("2027-01-01T00:00:00.001Z"),
    workspaceId: "ws_1",
    actorKind: "cluster",
    tokenId: "tok_1",
    role: "reconciler",
    clusterId: "cl_1",
    action: "delivery.configure",
    targetType: "key",
    targetId: "key_1",
    before: { name: "Käse 🧀'\"\\", expiresAt: null },
    after: { name: "b", metadata: { a: "1" } },
    ip: "2001:db8::7",
    userAgent: null,
  };

  test("keeps what it was given, and nothing of a transaction that was rolled back", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const failing = database.transaction(async ({ audit }) => {
      await audit.append(entry);
      throw new Error("rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    const list = () => database.read.audit.list({ workspaceId: "ws_1", limit: 10 });
    expect(await list()).toEqual([]);
    await database.transaction(({ audit }) => audit.append(entry));
    expect(await list()).toEqual([entry]);
    expect(await database.read.audit.list({ workspaceId: null, limit: 10 })).toEqual([]);
  });
});

test.each(databaseKinds)("what several allow or forbid a cluster at once is told once, on %s", async (kind) => {
  await using started = await startTestApi({ kind });
  await started.tenant("acme");
  await started.cluster("local", []);
  const { clusters, audit } = started.client(started.operatorToken);
  const access = { cluster: "local", workspace: "acme" };
  for (const [change, allowed] of [
    ["allow", true],
    ["disallow", false],
  ] as const) {
    await Promise.all(Array.from({ length: 5 }, () => clusters[change](access)));
    const { entries } = await audit.list({ action: `clusters.${change}` });
    expect(entries.map(({ before, after }) => [before, after])).toEqual([[{ allowed: !allowed }, { allowed }]]);
  }
});

test.each(databaseKinds)("a token that several revoke at once has ended once, on %s", async (kind) => {
  await using started = await startTestApi({ kind });
  await started.tenant("acme");
  const { tokens, audit } = started.client(started.operatorToken);
  const { token } = await tokens.create({ role: "operator", name: "a" });
  const revoked = await Promise.all(Array.from({ length: 5 }, () => tokens.revoke({ tokenId: token.id })));
  const { entries } = await audit.list({ targetId: token.id, action: "tokens.revoke" });
  expect(entries.map(({ before, after }) => [before, after])).toEqual([
    [{ revokedAt: null }, { revokedAt: revoked[0]?.revokedAt }],
  ]);
});
