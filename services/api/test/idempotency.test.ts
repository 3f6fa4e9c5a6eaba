import type { Verification } from "@itsy/contract";
import { createPurgeIdempotency } from "@itsy/core";
import { waitUntil } from "@itsy/testbed";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds, openFreshDatabase, serverKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const start = async (kind: (typeof databaseKinds)[number]) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  return {
    api,
    admin: api.client(tokens.admin),
    verdict: async (secret: string): Promise<Verification> =>
      (await (await api.verify(tokens.verifier, { secret })).json()) as Verification,
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};

const input = {
  name: "a",
  environment: "local",
  idempotencyKey: "a-call-of-mine",
  metadata: { b: "2", a: "1" },
} as const;

describe.each(databaseKinds)("a call under an idempotency key, on %s", (kind) => {
  test("create again makes no second key: the same one, with a fresh secret in place of the first", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    const first = await admin.keys.create(input);
    const second = await admin.keys.create({ ...input, metadata: { a: "1", b: "2" } });
    const third = await admin.keys.create(input);
    expect(new Set([first, second, third].map(({ key }) => key.id)).size).toBe(1);
    expect(new Set([first, second, third].map(({ secret }) => secret)).size).toBe(3);
    expect((await admin.keys.list({})).keys).toHaveLength(1);
    expect(await verdict(first.secret)).toEqual({ valid: false, code: "REVOKED" });
    expect(await verdict(second.secret)).toEqual({ valid: false, code: "REVOKED" });
    expect((await verdict(third.secret)).valid).toBe(true);
    const { entries } = await admin.audit.list({ targetId: first.key.id });
    expect(entries.map(({ action }) => action)).toEqual(["keys.create", "keys.create", "keys.create"]);
  });

  test("another input under it, a key that was rotated, revoked or deleted since: CONFLICT", async () => {
    await using started = await start(kind);
    const { admin } = started;
    const { key } = await admin.keys.create(input);
    expect(await codeOf(admin.keys.create({ ...input, name: "b" }))).toBe("CONFLICT");
    await admin.keys.rotate({ keyId: key.id });
    expect(await codeOf(admin.keys.create(input))).toBe("CONFLICT");
    await admin.keys.revoke({ keyId: key.id });
    expect(await codeOf(admin.keys.create(input))).toBe("CONFLICT");
    await admin.keys.delete({ keyId: key.id, confirmName: "a" });
    expect(await codeOf(admin.keys.create(input))).toBe("CONFLICT");
    expect((await admin.keys.list({})).keys).toEqual([]);
  });

  test("whose key has expired since: CONFLICT, though its expiry lies in the past by now", async () => {
    await using started = await start(kind);
    const { admin, api } = started;
    const expiresAt = new Date(api.clock.now().getTime() + MINUTE_MS).toISOString();
    await admin.keys.create({ ...input, expiresAt });
    api.clock.advance(MINUTE_MS);
    expect(await codeOf(admin.keys.create({ ...input, expiresAt }))).toBe("CONFLICT");
    const late = { ...input, expiresAt, idempotencyKey: "another-call" };
    expect(await codeOf(admin.keys.create(late))).toBe("INVALID_INPUT");
  });

  test("many at once make one key, each is answered, and the last answer's secret works", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    for (let round = 0; round < 6; round++) {
      const again = { ...input, name: `of ${round}`, idempotencyKey: `at-once-${round}` };
      const issued = await Promise.all(Array.from({ length: 10 }, () => admin.keys.create(again)));
      expect((await admin.keys.list({ search: again.name })).keys).toHaveLength(1);
      const last = issued.toSorted((a, b) => b.key.revision - a.key.revision)[0];
      expect((await verdict(last?.secret ?? "")).valid).toBe(true);
      const valid = await Promise.all(issued.map(async ({ secret }) => (await verdict(secret)).valid));
      expect(valid.filter(Boolean)).toHaveLength(1);
    }
  });

  test("rotate again keeps the end of the old version, and replaces the new one", async () => {
    await using started = await start(kind);
    const { admin, verdict, api } = started;
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local" });
    const call = { keyId: key.id, overlapMs: MINUTE_MS, idempotencyKey: "rotate-once" };
    const first = await admin.keys.rotate(call);
    api.clock.advance(1000);
    const second = await admin.keys.rotate(call);
    expect(second.key.retiringUntil).toBe(first.key.retiringUntil);
    expect((await verdict(secret)).valid).toBe(true);
    expect((await verdict(first.secret)).valid).toBe(false);
    expect((await verdict(second.secret)).valid).toBe(true);
    expect(await codeOf(admin.keys.rotate({ ...call, overlapMs: 0 }))).toBe("CONFLICT");
    api.clock.advance(MINUTE_MS);
    expect((await verdict(secret)).valid).toBe(false);
  });

  test("is another call in another workspace, and for another procedure", async () => {
    await using started = await start(kind);
    const { admin, api } = started;
    const other = api.client((await api.tenant("rival")).tokens.admin);
    const first = await admin.keys.create(input);
    const second = await other.keys.create({ ...input, name: "b" });
    expect(second.key.id).not.toBe(first.key.id);
    const rotated = await admin.keys.rotate({ keyId: first.key.id, idempotencyKey: input.idempotencyKey });
    expect(rotated.key.revision).toBe(2);
  });

  test("is kept for a day at least, and purged afterwards", async () => {
    await using opened = await openFreshDatabase(kind);
    const clock = createFakeClock();
    const { database } = opened;
    const claim = { workspaceId: "ws_1", procedure: "keys.create", digest: new Uint8Array(32).fill(1) } as const;
    const record = { ...claim, fingerprint: new Uint8Array(32), keyId: "key_1", revision: 1, createdAt: clock.now() };
    await database.transaction(({ idempotency }) => idempotency.insert(record));
    const purge = createPurgeIdempotency({ database, clock });
    clock.advance(24 * HOUR_MS + 1);
    expect(await purge()).toBe(0);
    const stored = () => database.transaction(({ idempotency }) => idempotency.lock(claim));
    expect(await stored()).toEqual(record);
    clock.advance(24 * HOUR_MS);
    expect(await purge()).toBe(1);
    expect(await stored()).toBeNull();
  });
});

test("once the secret was used, neither a create nor a rotate is answered again", async () => {
  await using started = await start("sqlite");
  const { admin, verdict } = started;
  const created = await admin.keys.create(input);
  const { id: keyId } = created.key;
  const rotate = { keyId, overlapMs: HOUR_MS, idempotencyKey: "rotate-once" };
  const isUsed = async (secret: string, at: string | null) => {
    expect((await verdict(secret)).valid).toBe(true);
    await waitUntil(async () => (await admin.keys.get({ keyId })).lastUsedAt !== at, {
      what: "the use is known",
      timeoutMs: 10_000,
    });
  };
  await isUsed(created.secret, null);
  expect(await codeOf(admin.keys.create(input))).toBe("CONFLICT");
  expect((await verdict(created.secret)).valid).toBe(true);

  // The old secret goes on being used during the overlap: that says nothing of the new one.
  await admin.keys.rotate(rotate);
  const rotated = await admin.keys.rotate(rotate);
  started.api.clock.advance(1000);
  await isUsed(rotated.secret, (await admin.keys.get({ keyId })).lastUsedAt);
  expect(await codeOf(admin.keys.rotate(rotate))).toBe("CONFLICT");
});

test.each(serverKinds)("a secret that was used through another replica is used, on %s", async (kind) => {
  await using first = await startTestApi({ kind });
  await using second = await startTestApi({ databaseUrl: first.databaseUrl });
  const { tokens } = await first.tenant("acme");
  const admin = first.client(tokens.admin);
  const { key, secret } = await admin.keys.create(input);
  await second.verify(tokens.verifier, { secret });
  await waitUntil(async () => (await admin.keys.get({ keyId: key.id })).lastUsedAt !== null, {
    what: "the use is known to both",
    timeoutMs: 10_000,
  });
  expect(await codeOf(admin.keys.create(input))).toBe("CONFLICT");
});
