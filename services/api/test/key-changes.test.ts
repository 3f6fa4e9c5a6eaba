import { ItsyError } from "@itsy/client";
import type { Everywhere, Verification } from "@itsy/contract";
import { displayPrefix, generateSecret, secretSha256Hex } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

const start = async (kind: (typeof databaseKinds)[number]) => {
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
type Started = Awaited<ReturnType<typeof start>>;

const codeOf = async (call: Promise<unknown>) =>
  call.then(
    () => "no error",
    (error: unknown) => (error instanceof ItsyError ? error.code : error),
  );

/** The key as `get` shows it. */
const viewOf = <View extends Everywhere>({ effectiveEverywhere, waitedMs, ...view }: View) => {
  expect({ effectiveEverywhere, waitedMs }).toEqual({ effectiveEverywhere: true, waitedMs: expect.any(Number) });
  // Told about a second after a use, whatever else happens.
  return { ...view, lastUsedAt: null };
};

/** A key that an `ApiKey` resource owns, delivered and confirmed. */
const managedKey = async ({ reconciler }: Started, paused = false) => {
  const secret = generateSecret({ environment: "production" });
  const owner = { uid: crypto.randomUUID(), namespace: "shop", name: "managed" };
  const settings = { name: "managed", requestsPerMinute: 60, expiresAt: null, paused };
  const register = (revision = 1, replaceRevoked = false) =>
    reconciler.delivery.register({
      owner,
      workspace: "acme",
      project: "default",
      environment: "production",
      revision,
      secretSha256: secretSha256Hex(revision === 1 ? secret : generateSecret({ environment: "production" })),
      displayPrefix: displayPrefix(secret),
      settings,
      deliverWithinMs: MINUTE_MS,
      replaceRevoked,
    });
  const registered = await register();
  const keyId = "keyId" in registered ? registered.keyId : "";
  await reconciler.delivery.confirm({
    ownerUid: owner.uid,
    revision: 1,
    secretSha256: secretSha256Hex(secret),
    overlapMs: 0,
  });
  return { keyId, secret, owner, register };
};

describe.each(databaseKinds)("changing a key on %s", (kind) => {
  test("update changes what was given and nothing else, and the next verify tells it", async () => {
    await using started = await start(kind);
    const { admin, verdict, actions } = started;
    const metadata = { tier: "gold", region: "eu" };
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local", owner: "Ada", metadata });
    expect(await verdict(secret)).toMatchObject({ owner: "Ada", metadata, rateLimit: { limit: 60 } });
    const updated = viewOf(await admin.keys.update({ keyId: key.id, name: "b", requestsPerMinute: 7, owner: null }));
    expect(updated).toEqual({ ...key, name: "b", requestsPerMinute: 7, owner: null, version: 2 });
    expect(await verdict(secret)).toMatchObject({ name: "b", owner: null, metadata, rateLimit: { limit: 7 } });
    const cleared = viewOf(await admin.keys.update({ keyId: key.id, metadata: {} }));
    expect(cleared.metadata).toEqual({});
    expect({ ...(await admin.keys.get({ keyId: key.id })), lastUsedAt: null }).toEqual(cleared);

    // Nothing differs: nothing is written, whatever the order of the names.
    expect(viewOf(await admin.keys.update({ keyId: key.id, name: "b", metadata: {} }))).toEqual(cleared);
    expect(await actions(key.id)).toEqual(["keys.create", "keys.update", "keys.update"]);
  });

  test("permissions and IP rules are sets: changed as a whole, shown sorted, told by the audit with before and after", async () => {
    await using started = await start(kind);
    const { admin, verdict, actions } = started;
    const access = { permissions: ["files:*", "billing", "files:*"], ipRules: ["::/0", "10.0.0.0/8", "::/0"] };
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local", ...access });
    const shown = { permissions: ["billing", "files:*"], ipRules: ["10.0.0.0/8", "::/0"] };
    expect(key).toMatchObject(shown);
    expect(await verdict(secret, { ip: "10.0.0.1" })).toMatchObject({ valid: true, permissions: shown.permissions });

    const keyId = key.id;
    const same = { permissions: shown.permissions.toReversed(), ipRules: shown.ipRules.toReversed() };
    expect(viewOf(await admin.keys.update({ keyId, ...same }))).toEqual(key);
    const narrower = { permissions: ["files:read"], ipRules: ["192.0.2.0/24"] };
    const updated = viewOf(await admin.keys.update({ keyId, ...narrower }));
    expect(updated).toEqual({ ...key, ...narrower, version: 2 });
    expect(await verdict(secret, { ip: "10.0.0.1" })).toEqual({ valid: false, code: "FORBIDDEN" });
    const from = { ip: "192.0.2.1" };
    expect(await verdict(secret, { ...from, permissions: ["files:read"] })).toMatchObject({ valid: true });
    expect(await verdict(secret, { ...from, permissions: ["billing"] })).toEqual({
      valid: false,
      code: "INSUFFICIENT_PERMISSIONS",
    });
    const [last] = (await admin.audit.list({ targetId: keyId })).entries;
    expect(last).toMatchObject({ action: "keys.update", before: shown, after: narrower });
    const free = viewOf(await admin.keys.update({ keyId, permissions: [], ipRules: [] }));
    expect(free).toMatchObject({ permissions: [], ipRules: [] });
    expect(await admin.keys.get({ keyId })).toEqual(free);
    expect(await verdict(secret)).toMatchObject({ valid: true, permissions: [] });
    expect(await actions(keyId)).toEqual(["keys.create", "keys.update", "keys.update"]);
  });

  test("a network with bits behind its prefix is refused, and its message says what to write", async () => {
    await using started = await start(kind);
    const wrong = started.admin.keys.create({ name: "a", environment: "local", ipRules: ["10.0.0.1/8"] });
    await expect(wrong).rejects.toMatchObject({
      code: "INVALID_INPUT",
      issues: [{ path: ["ipRules", 0], message: expect.stringContaining("write the network") }],
    });
  });

  test("update refuses what somebody else changed since, a past expiry, and a revoked key; a later expiry revives", async () => {
    await using started = await start(kind);
    const { admin, verdict, api } = started;
    const inMs = (ms: number) => new Date(api.clock.now().getTime() + ms).toISOString();
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local", expiresAt: inMs(MINUTE_MS) });
    const keyId = key.id;
    await admin.keys.update({ keyId, name: "b", expectedVersion: key.version });
    const late = admin.keys.update({ keyId, name: "c", expectedVersion: key.version });
    await expect(late).rejects.toThrow(/at version 2, not 1/);
    expect(await codeOf(late)).toBe("CONFLICT");
    expect(await codeOf(admin.keys.update({ keyId, expiresAt: inMs(0) }))).toBe("INVALID_INPUT");
    api.clock.advance(MINUTE_MS);
    expect(await verdict(secret)).toEqual({ valid: false, code: "EXPIRED" });
    expect((await admin.keys.update({ keyId, expiresAt: inMs(MINUTE_MS) })).status).toBe("active");
    expect((await verdict(secret)).valid).toBe(true);
    await admin.keys.revoke({ keyId });
    expect(await codeOf(admin.keys.update({ keyId, name: "d" }))).toBe("CONFLICT");
  });

  test("of many updates of one version at once, one is done", async () => {
    await using started = await start(kind);
    const { admin } = started;
    const { key } = await admin.keys.create({ name: "a", environment: "local" });
    const codes = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        codeOf(admin.keys.update({ keyId: key.id, name: `n${index}`, expectedVersion: 1 })),
      ),
    );
    expect(codes.filter((code) => code === "no error")).toHaveLength(1);
    expect(codes.filter((code) => code === "CONFLICT")).toHaveLength(5);
    expect((await admin.keys.get({ keyId: key.id })).version).toBe(2);
  });

  test("paused, is refused until it is resumed; both may be said twice", async () => {
    await using started = await start(kind);
    const { admin, verdict, actions } = started;
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local" });
    const keyId = key.id;
    expect((await verdict(secret)).valid).toBe(true);
    const paused = viewOf(await admin.keys.pause({ keyId }));
    expect(paused.status).toBe("paused");
    expect(await verdict(secret)).toEqual({ valid: false, code: "PAUSED" });
    expect(viewOf(await admin.keys.pause({ keyId }))).toEqual(paused);
    expect((await admin.keys.resume({ keyId })).status).toBe("active");
    expect((await verdict(secret)).valid).toBe(true);
    await admin.keys.resume({ keyId });
    expect(await actions(keyId)).toEqual(["keys.create", "keys.pause", "keys.resume"]);
    await admin.keys.revoke({ keyId });
    expect(await codeOf(admin.keys.pause({ keyId }))).toBe("CONFLICT");
    expect(await codeOf(admin.keys.resume({ keyId }))).toBe("CONFLICT");
  });

  test("an overlap that is finished early ends the old secret at once, and not the new one", async () => {
    await using started = await start(kind);
    const { admin, verdict, actions } = started;
    const first = await admin.keys.create({ name: "a", environment: "local" });
    const keyId = first.key.id;
    const second = await admin.keys.rotate({ keyId, overlapMs: MINUTE_MS });
    expect((await verdict(first.secret)).valid && (await verdict(second.secret)).valid).toBe(true);
    expect((await admin.keys.finishOverlap({ keyId })).retiringUntil).toBeNull();
    expect(await verdict(first.secret)).toEqual({ valid: false, code: "REVOKED" });
    expect((await verdict(second.secret)).valid).toBe(true);
    await admin.keys.finishOverlap({ keyId });
    expect(await actions(keyId)).toEqual(["keys.create", "keys.rotate", "keys.finishOverlap"]);
  });

  test("deleted under its name, is gone with its secrets, and its audit stays", async () => {
    await using started = await start(kind);
    const { admin, verdict, actions } = started;
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local" });
    const keyId = key.id;
    await admin.keys.rotate({ keyId, overlapMs: MINUTE_MS });
    expect((await verdict(secret)).valid).toBe(true);
    expect(await codeOf(admin.keys.delete({ keyId, confirmName: "A" }))).toBe("INVALID_INPUT");
    expect((await verdict(secret)).valid).toBe(true);
    await admin.keys.delete({ keyId, confirmName: "a" });
    expect(await verdict(secret)).toEqual({ valid: false, code: "NOT_FOUND" });
    expect(await codeOf(admin.keys.get({ keyId }))).toBe("NOT_FOUND");
    expect(await codeOf(admin.keys.delete({ keyId, confirmName: "a" }))).toBe("NOT_FOUND");
    expect(await actions(keyId)).toEqual(["keys.create", "keys.rotate", "keys.delete"]);
    const [last] = (await admin.audit.list({ targetId: keyId })).entries;
    expect(last).toMatchObject({ before: { name: "a", revision: 2 }, after: null });
  });

  test("several at once: each is done or refused by itself, in the order of the input", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    const issued = await Promise.all(
      ["a", "b", "c"].map((name) => admin.keys.create({ name, environment: "local" as const })),
    );
    const ids = issued.map(({ key }) => key.id);
    const [a = "", b = "", c = ""] = ids;
    const unknown = `key_${"z".repeat(26)}`;
    await admin.keys.revoke({ keyId: b });
    const paused = await admin.keys.pauseMany({ keyIds: [a, b, unknown, c] });
    expect(paused.results.map((result) => (result.ok ? result.key.status : result.code))).toEqual([
      "paused",
      "CONFLICT",
      "NOT_FOUND",
      "paused",
    ]);
    const revoked = await admin.keys.revokeMany({ keyIds: [c, unknown, a] });
    expect(revoked.results.map((result) => (result.ok ? result.key.id : result.code))).toEqual([c, "NOT_FOUND", a]);
    for (const { secret } of issued) expect(await verdict(secret)).toEqual({ valid: false, code: "REVOKED" });
    const deleted = await admin.keys.deleteMany({
      keys: [
        { keyId: a, confirmName: "a" },
        { keyId: b, confirmName: "wrong" },
        { keyId: a, confirmName: "a" },
      ],
    });
    expect(deleted.results.map((result) => (result.ok ? "done" : result.code))).toEqual([
      "done",
      "INVALID_INPUT",
      "NOT_FOUND",
    ]);
    expect((await admin.keys.list({})).keys.map(({ id }) => id).toSorted()).toEqual([b, c].toSorted());
  });
});

describe.each(databaseKinds)("a key that an ApiKey owns, on %s", (kind) => {
  test("keeps what its manifest sets, and takes the rest from people", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    const { keyId, secret } = await managedKey(started);
    const changes = [
      { name: "x" },
      { requestsPerMinute: 1 },
      { expiresAt: "2040-01-01T00:00:00Z" },
      { permissions: ["*"] },
      { ipRules: ["10.0.0.0/8"] },
    ];
    for (const change of changes) {
      expect(await codeOf(admin.keys.update({ keyId, ...change }))).toBe("MANAGED_BY_CLUSTER");
    }
    await admin.keys.update({ keyId, name: "managed", owner: "Ada", metadata: { a: "1" } });
    expect(await verdict(secret)).toMatchObject({ owner: "Ada", metadata: { a: "1" } });
  });

  test("paused by its manifest, is not resumed by a person; paused by a person, not by its manifest", async () => {
    await using started = await start(kind);
    const { admin, reconciler, verdict } = started;
    const { keyId, secret, owner } = await managedKey(started, true);
    expect(await codeOf(admin.keys.resume({ keyId }))).toBe("MANAGED_BY_CLUSTER");
    await admin.keys.pause({ keyId });
    const settings = { name: "managed", requestsPerMinute: 60, expiresAt: null, paused: false };
    await reconciler.delivery.configure({ owner, settings });
    expect(await verdict(secret)).toEqual({ valid: false, code: "PAUSED" });
    expect((await admin.keys.resume({ keyId })).status).toBe("active");
    expect((await verdict(secret)).valid).toBe(true);
  });

  test("is deleted only once it is revoked, and nothing is minted for its owner any more", async () => {
    await using started = await start(kind);
    const { admin, register, keyId } = { ...started, ...(await managedKey(started)) };
    const confirmName = "managed";
    expect(await codeOf(admin.keys.delete({ keyId, confirmName }))).toBe("MANAGED_BY_CLUSTER");
    await admin.keys.revoke({ keyId });
    await admin.keys.delete({ keyId, confirmName });
    expect(await register(2)).toEqual({ outcome: "released" });
    expect(await register(3, true)).toEqual({ outcome: "released" });
  });
});
