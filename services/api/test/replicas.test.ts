import type { Verification } from "@itsy/contract";
import { displayPrefix, generateSecret, secretSha256Hex } from "@itsy/key-format";
import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { openDatabase } from "../src/database/open-database.ts";
import { spawnProgram } from "./api/spawn.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { startFreezableProxy } from "./database/freezable-proxy.ts";
import { freshDatabase, type ServerKind, serverKinds } from "./database/fresh-database.ts";

const PATIENCE_MS = 2200;

/** Two replicas on one database; the second one's way to it can be cut. */
const startTwo = async (kind: ServerKind) => {
  await using stack = new AsyncDisposableStack();
  const fresh = stack.use(await freshDatabase(kind));
  const proxy = stack.use(await startFreezableProxy(fresh.url));
  const near = stack.use(await startTestApi({ databaseUrl: fresh.url }));
  const far = stack.use(await startTestApi({ databaseUrl: proxy.url }));
  const { tokens } = await near.tenant("acme");
  const verdictOf = async (api: TestApi, secret: string) => {
    const response = await api.verify(tokens.verifier, { secret });
    return (await response.json()) as Verification;
  };
  const leaseOf = async (api: TestApi) =>
    ((await (await fetch(`${api.url}/readyz`)).json()) as { checks: { lease: string } }).checks.lease;
  for (const api of [near, far]) {
    await waitUntil(async () => (await leaseOf(api)) === "held", { what: "a replica has its lease" });
  }
  const owned = stack.move();
  return {
    near,
    far,
    proxy,
    tokens,
    admin: near.client(tokens.admin),
    verdictNear: (secret: string) => verdictOf(near, secret),
    verdictFar: (secret: string) => verdictOf(far, secret),
    /** Answered by the other replica from memory from now on. */
    warm: async (secret: string) => expect(await verdictOf(far, secret)).toMatchObject({ valid: true }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

const effective = { effectiveEverywhere: true, waitedMs: expect.any(Number) };
const REVOKED = { valid: false, code: "REVOKED" };

describe.each(serverKinds)("two replicas on %s", (kind) => {
  test("what one has ended when the call returns, the other refuses", async () => {
    await using two = await startTwo(kind);
    const { admin, far, warm, verdictFar } = two;
    const first = await admin.keys.create({ name: "a", environment: "production" });
    await warm(first.secret);
    const second = await admin.keys.rotate({ keyId: first.key.id });
    expect(second).toMatchObject(effective);
    expect(await verdictFar(first.secret)).toEqual(REVOKED);
    await warm(second.secret);
    expect(await admin.keys.revoke({ keyId: first.key.id })).toMatchObject(effective);
    expect(await verdictFar(second.secret)).toEqual(REVOKED);

    const { token, secret } = await admin.tokens.create({ role: "viewer", name: "a" });
    await far.client(secret).keys.list({});
    expect(await admin.tokens.revoke({ tokenId: token.id })).toMatchObject(effective);
    await expect(far.client(secret).keys.list({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("paused, tightened, out of its overlap or deleted, alone or with others, a key is so for the other one, too", async () => {
    await using two = await startTwo(kind);
    const { admin, warm, verdictFar } = two;
    const create = async () => {
      const issued = await admin.keys.create({ name: "a", environment: "production", permissions: ["files:*"] });
      await warm(issued.secret);
      return { keyId: issued.key.id, secret: issued.secret };
    };
    const one = await create();
    expect(await admin.keys.update({ keyId: one.keyId, requestsPerMinute: 7 })).toMatchObject(effective);
    expect(await verdictFar(one.secret)).toMatchObject({ rateLimit: { limit: 7 } });
    const ipRules = ["10.0.0.0/8"];
    expect(await admin.keys.update({ keyId: one.keyId, ipRules })).toMatchObject({ ipRules, ...effective });
    expect(await verdictFar(one.secret)).toEqual({ valid: false, code: "FORBIDDEN" });
    expect(await admin.keys.update({ keyId: one.keyId, ipRules: [] })).toMatchObject(effective);
    await warm(one.secret);
    const next = await admin.keys.rotate({ keyId: one.keyId, overlapMs: 60_000 });
    await warm(one.secret);
    expect(await admin.keys.finishOverlap({ keyId: one.keyId })).toMatchObject(effective);
    expect(await verdictFar(one.secret)).toEqual(REVOKED);
    await warm(next.secret);
    expect(await admin.keys.pause({ keyId: one.keyId })).toMatchObject(effective);
    expect(await verdictFar(next.secret)).toEqual({ valid: false, code: "PAUSED" });
    expect(await admin.keys.delete({ keyId: one.keyId, confirmName: "a" })).toEqual({ deleted: true, ...effective });
    expect(await verdictFar(next.secret)).toEqual({ valid: false, code: "NOT_FOUND" });

    const [a, b, c] = [await create(), await create(), await create()];
    const paused = await admin.keys.pauseMany({ keyIds: [a.keyId] });
    expect(paused.results).toMatchObject([{ ok: true, key: effective }]);
    expect(await verdictFar(a.secret)).toEqual({ valid: false, code: "PAUSED" });
    const revoked = await admin.keys.revokeMany({ keyIds: [b.keyId] });
    expect(revoked.results).toMatchObject([{ ok: true, key: effective }]);
    expect(await verdictFar(b.secret)).toEqual(REVOKED);
    const deleted = await admin.keys.deleteMany({ keys: [{ keyId: c.keyId, confirmName: "a" }] });
    expect(deleted.results).toEqual([{ ok: true, ...effective }]);
    expect(await verdictFar(c.secret)).toEqual({ valid: false, code: "NOT_FOUND" });
  });

  test("a permission that was taken away, or given, is so for the other one, too", async () => {
    await using two = await startTwo(kind);
    const { admin, far, tokens } = two;
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local", permissions: ["files:*"] });
    const permitted = async () => {
      const response = await far.verify(tokens.verifier, { secret, permissions: ["files:write"] });
      return ((await response.json()) as Verification).valid;
    };
    expect(await permitted()).toBe(true);
    for (const permissions of [["files:read"], ["*"], []]) {
      expect(await admin.keys.update({ keyId: key.id, permissions })).toMatchObject({ permissions, ...effective });
      expect(await permitted()).toBe(permissions.includes("*"));
    }
  });

  test("a delivered key that is paused, replaced or released is refused by the other, too", async () => {
    await using two = await startTwo(kind);
    const { near, warm, verdictFar } = two;
    const { delivery } = near.client(await near.cluster("west", ["acme"]));
    const owner = { uid: crypto.randomUUID(), namespace: "shop", name: "checkout" };
    const settings = { name: "checkout", requestsPerMinute: 60, expiresAt: null, paused: false };
    const deliver = async (revision: number) => {
      const secret = generateSecret({ environment: "production" });
      const secretSha256 = secretSha256Hex(secret);
      const place = { workspace: "acme", project: "default", environment: "production", owner, settings } as const;
      const version = { revision, secretSha256, displayPrefix: displayPrefix(secret), deliverWithinMs: 60_000 };
      await delivery.register({ ...place, ...version });
      const confirmation = { ownerUid: owner.uid, revision, secretSha256, overlapMs: 0 };
      expect(await delivery.confirm(confirmation)).toMatchObject(effective);
      await warm(secret);
      return secret;
    };
    const first = await deliver(1);
    const paused = { owner, settings: { ...settings, paused: true } };
    expect(await delivery.configure(paused)).toMatchObject(effective);
    expect(await verdictFar(first)).toEqual({ valid: false, code: "PAUSED" });
    await delivery.configure({ owner, settings });
    await warm(first);
    const second = await deliver(2);
    expect(await verdictFar(first)).toEqual(REVOKED);
    expect(await delivery.release({ ownerUid: owner.uid, policy: "revoke" })).toMatchObject(effective);
    expect(await verdictFar(second)).toEqual(REVOKED);
  });

  test("revoke waits for the lease of a replica that is cut off, and so does the same call made again", async () => {
    await using two = await startTwo(kind);
    const { near, far, proxy, admin, warm, verdictNear, verdictFar, tokens } = two;
    const { key, secret } = await admin.keys.create({ name: "a", environment: "production", requestsPerMinute: 1e6 });
    // Often enough that permits are drawn ahead: without any at hand, no key is answered for without the database.
    for (let times = 0; times < 50; times++) await warm(secret);
    proxy.freeze();
    let returned = 0;
    const revoke = async () => {
      const answer = await admin.keys.revoke({ keyId: key.id });
      returned += 1;
      return answer;
    };
    const calls = [revoke()];
    await waitUntil(async () => !(await verdictNear(secret)).valid, { what: "the key is revoked" });
    calls.push(revoke());
    // The clocks stand still: the lease lasts, the other one accepts, and nobody may claim otherwise.
    expect(await verdictFar(secret)).toMatchObject({ valid: true });
    expect(returned).toBe(0);
    // Little by little: the second call waits from its own commit, and that may still be to come.
    const pass = () => {
      for (const { clock } of [far, near]) clock.advance(PATIENCE_MS / 10);
      return returned === 2;
    };
    await waitUntil(pass, { what: "both calls returned", timeoutMs: 20_000 });
    expect(await Promise.all(calls)).toMatchObject([effective, effective]);
    expect((await far.verify(tokens.verifier, { secret })).status).toBe(503);
    proxy.thaw();
    await waitUntil(async () => (await far.verify(tokens.verifier, { secret })).status === 200, {
      what: "the other one reaches the database",
    });
    expect(await verdictFar(secret)).toEqual(REVOKED);
  });

  test("what prepares an installation is no replica: no change waits for it", async () => {
    await using fresh = await freshDatabase(kind);
    await using opened = await openDatabase(fresh.settings);
    const env = { DATABASE_URL: fresh.url, PEPPERS: `1:${Buffer.alloc(32, 7).toString("base64")}` };
    await using program = spawnProgram("bootstrap", { env });
    let seen = 0;
    let isOver = false;
    const ended = program.ended.finally(() => {
      isOver = true;
    });
    while (!isOver) seen = Math.max(seen, ((await opened.feed?.listReplicas()) ?? []).length);
    expect(await ended).toMatchObject({ code: 0 });
    expect(seen).toBe(0);
  });

  test("a process that ends on SIGTERM leaves: no change waits for it", async () => {
    await using fresh = await freshDatabase(kind);
    await using opened = await openDatabase(fresh.settings);
    const listed = async () => (await opened.feed?.listReplicas()) ?? [];
    const PEPPERS = `1:${Buffer.alloc(32, 7).toString("base64")}`;
    await using api = spawnProgram("main", { env: { DATABASE_URL: fresh.url, PEPPERS, VERIFY_LEASE_MS: "60000" } });
    await api.listening();
    await waitUntil(async () => (await listed()).length === 1, { what: "the replica is registered" });
    expect(await listed()).toMatchObject([{ leaseMs: 60_000 }]);
    api.signal("SIGTERM");
    expect(await api.ended).toMatchObject({ code: 0, stderr: "" });
    expect(await listed()).toEqual([]);
  });

  test("metrics tell what changes waited for, and what memory did", async () => {
    await using two = await startTwo(kind);
    const { near, far, admin, warm } = two;
    const { key, secret } = await admin.keys.create({ name: "a", environment: "production" });
    await warm(secret);
    await warm(secret);
    await admin.keys.revoke({ keyId: key.id });
    const metrics = async (api: TestApi) => (await (await fetch(`${api.url}/metrics`)).text()).split("\n");
    expect(await metrics(near)).toContain('itsy_change_everywhere_seconds_count{outcome="effective"} 1');
    const ofFar = await metrics(far);
    expect(ofFar).toContain('itsy_verification_cache_lookups_total{result="hit"} 1');
    expect(ofFar).toContain('itsy_verification_cache_lookups_total{result="miss"} 1');
    expect(ofFar).toContain("itsy_verification_lease_held 1");
  });
});
