import type { Verification } from "@itsy/contract";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { aSecret, startDelivery } from "./api/start-delivery.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds, freshDatabase } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START = new Date("2027-01-01T00:00:00Z");
const inMs = (ms: number) => new Date(START.getTime() + ms).toISOString();

/** A key with two secrets that work, the older one for an hour. */
const start = async (kind: (typeof databaseKinds)[number], expiresAt: string | null = null) => {
  await using stack = new AsyncDisposableStack();
  const fresh = stack.use(await freshDatabase(kind));
  const clock = createFakeClock(START);
  const api = stack.use(await startTestApi({ databaseUrl: fresh.url, clock }));
  const { tokens } = await api.tenant("acme");
  const admin = api.client(tokens.admin);
  const { key, secret: old } = await admin.keys.create({ name: "a", environment: "local", expiresAt });
  const { secret: young } = await admin.keys.rotate({ keyId: key.id, overlapMs: HOUR_MS });
  const codeOf = async (secret: string, replica = api) => {
    const answer = (await (await replica.verify(tokens.verifier, { secret })).json()) as Verification;
    return answer.valid ? "VALID" : answer.code;
  };
  const codes = async (replica = api) => [await codeOf(old, replica), await codeOf(young, replica)];
  expect(await codes()).toEqual(["VALID", "VALID"]);
  const owned = stack.move();
  return {
    api,
    admin,
    keyId: key.id,
    codes,
    databaseUrl: fresh.url,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

describe.each(databaseKinds)("a key with two secrets that work, on %s", (kind) => {
  test("paused, refuses both; what is finished meanwhile does not come back when it is resumed", async () => {
    await using started = await start(kind);
    const { admin, keyId, codes } = started;
    await admin.keys.pause({ keyId });
    expect(await codes()).toEqual(["PAUSED", "PAUSED"]);
    expect(await admin.keys.finishOverlap({ keyId })).toMatchObject({ status: "paused", retiringUntil: null });
    expect(await codes()).toEqual(["REVOKED", "PAUSED"]);
    await admin.keys.resume({ keyId });
    expect(await codes()).toEqual(["REVOKED", "VALID"]);
  });

  test("resumed within the overlap, accepts both until it ends: a pause does not prolong it", async () => {
    await using started = await start(kind);
    const { api, admin, keyId, codes } = started;
    await admin.keys.pause({ keyId });
    api.clock.advance(HOUR_MS - 1);
    expect(await admin.keys.resume({ keyId })).toMatchObject({ retiringUntil: inMs(HOUR_MS) });
    expect(await codes()).toEqual(["VALID", "VALID"]);
    api.clock.advance(1);
    expect(await codes()).toEqual(["REVOKED", "VALID"]);
  });

  test("revoked, accepts neither, whatever is said of its overlap afterwards", async () => {
    await using started = await start(kind);
    const { admin, keyId, codes } = started;
    expect(await admin.keys.revoke({ keyId })).toMatchObject({ status: "revoked", retiringUntil: null });
    expect(await admin.keys.finishOverlap({ keyId })).toMatchObject({ status: "revoked", retiringUntil: null });
    expect(await codes()).toEqual(["REVOKED", "REVOKED"]);
  });

  test("expires with both, and with a later expiry both work again for what is left of the overlap", async () => {
    await using started = await start(kind, inMs(MINUTE_MS));
    const { api, admin, keyId, codes } = started;
    api.clock.advance(MINUTE_MS);
    expect(await codes()).toEqual(["EXPIRED", "EXPIRED"]);
    expect(await admin.keys.update({ keyId, expiresAt: inMs(2 * HOUR_MS) })).toMatchObject({ status: "active" });
    expect(await codes()).toEqual(["VALID", "VALID"]);
    api.clock.advance(HOUR_MS - MINUTE_MS);
    expect(await codes()).toEqual(["REVOKED", "VALID"]);
  });

  test("rotated without an overlap, ends both of them", async () => {
    await using started = await start(kind);
    const { admin, keyId, codes } = started;
    expect((await admin.keys.rotate({ keyId, overlapMs: 0 })).key).toMatchObject({ revision: 3, retiringUntil: null });
    expect(await codes()).toEqual(["REVOKED", "REVOKED"]);
  });

  test("finished early, is told by the audit with the end that it had; said twice, it is told once", async () => {
    await using started = await start(kind);
    const { api, admin, keyId } = started;
    api.clock.advance(MINUTE_MS);
    await Promise.all([admin.keys.finishOverlap({ keyId }), admin.keys.finishOverlap({ keyId })]);
    await admin.keys.finishOverlap({ keyId });
    const { entries } = await admin.audit.list({ targetId: keyId, action: "keys.finishOverlap" });
    expect(entries.map(({ before, after }) => ({ before, after }))).toEqual([
      { before: { retiringUntil: inMs(HOUR_MS) }, after: { retiringUntil: inMs(MINUTE_MS) } },
    ]);
  });

  test("finished early, has one secret on a replica whose clock is behind, too", async () => {
    await using started = await start(kind);
    const { api, admin, keyId, codes, databaseUrl } = started;
    await admin.keys.finishOverlap({ keyId });
    await api[Symbol.asyncDispose]();
    const behind = createFakeClock(new Date(START.getTime() - HOUR_MS));
    await using late = await startTestApi({ databaseUrl, clock: behind });
    expect(await codes(late)).toEqual(["REVOKED", "VALID"]);
  });

  test("finished early while a third one is being delivered, leaves that one alone", async () => {
    await using started = await startDelivery(kind);
    const { admin, register, confirm, verdict } = started;
    const [first, second, third] = [aSecret(), aSecret(), aSecret()];
    for (const [secret, revision] of [
      [first, 1],
      [second, 2],
    ] as const) {
      await register(secret, revision);
      await confirm(secret, revision, HOUR_MS);
    }
    const registered = await register(third, 3);
    if (registered.outcome !== "registered") throw new Error(`the third one is ${registered.outcome}`);
    await admin.keys.finishOverlap({ keyId: registered.keyId });
    expect(await Promise.all([first, second, third].map(verdict))).toEqual(["REVOKED", "VALID", "VALID"]);
    expect(await confirm(third, 3)).toMatchObject({ outcome: "confirmed" });
  });
});
