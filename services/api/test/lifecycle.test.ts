import type { Verification } from "@itsy/contract";
import { generateSecret } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const start = async (kind: (typeof databaseKinds)[number]) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  const verdict = async (secret: string, required: object = {}): Promise<Verification> =>
    (await (await api.verify(tokens.verifier, { secret, ...required })).json()) as Verification;
  return {
    api,
    tokens,
    admin: api.client(tokens.admin),
    verdict,
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};

const inMs = (api: TestApi, ms: number) => new Date(api.clock.now().getTime() + ms).toISOString();

describe.each(databaseKinds)("a key on %s", (kind) => {
  test("is created, shown once, and verified as what it is", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    const { key, secret } = await admin.keys.create({ name: "checkout", environment: "preview", requestsPerMinute: 5 });
    expect(secret).toMatch(/^itsy_preview_sk_[0-9A-Za-z]{36}$/);
    expect(key).toMatchObject({ project: "default", revision: 1, status: "active", retiringUntil: null });
    expect(secret.startsWith(key.displayPrefix ?? "?")).toBe(true);
    expect(await admin.keys.get({ keyId: key.id })).toEqual(key);
    expect(await verdict(secret)).toEqual({
      valid: true,
      keyId: key.id,
      workspace: "acme",
      project: "default",
      environment: "preview",
      name: "checkout",
      owner: null,
      metadata: {},
      permissions: [],
      rateLimit: { limit: 5, remaining: 4, resetMs: expect.any(Number) },
    });
    expect(await admin.keys.verify({ secret })).toMatchObject({ valid: true, keyId: key.id });
  });

  test("is refused for what the caller does not ask for, without spending its limit", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    await admin.projects.create({ slug: "billing", name: "Billing" });
    const { secret } = await admin.keys.create({ name: "a", environment: "local", project: "billing" });
    expect(await verdict(secret, { environment: "production" })).toEqual({ valid: false, code: "FORBIDDEN" });
    expect(await verdict(secret, { project: "default" })).toEqual({ valid: false, code: "FORBIDDEN" });
    expect(await verdict(secret, { environment: "local", project: "billing" })).toMatchObject({
      valid: true,
      rateLimit: { remaining: 59 },
    });
  });

  test("is accepted at most as often as its limit in any 60 seconds", async () => {
    await using started = await start(kind);
    const { admin, verdict, api } = started;
    const { secret } = await admin.keys.create({ name: "a", environment: "local", requestsPerMinute: 2 });
    expect((await verdict(secret)).valid).toBe(true);
    api.clock.advance(MINUTE_MS / 2);
    expect((await verdict(secret)).valid).toBe(true);
    const refused = await verdict(secret);
    expect(refused).toMatchObject({ valid: false, code: "RATE_LIMITED" });
    const waitMs = refused.valid ? 0 : (refused.retryAfterMs ?? 0);
    // A thousandth of it, at most, is for clocks that run at different rates.
    api.clock.advance(waitMs - 100);
    expect((await verdict(secret)).valid).toBe(false);
    api.clock.advance(100);
    expect((await verdict(secret)).valid).toBe(true);
  });

  test("works until its expiry and not after", async () => {
    await using started = await start(kind);
    const { admin, verdict, api } = started;
    const expiresAt = inMs(api, MINUTE_MS);
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local", expiresAt });
    expect((await verdict(secret)).valid).toBe(true);
    api.clock.advance(MINUTE_MS);
    expect(await verdict(secret)).toEqual({ valid: false, code: "EXPIRED" });
    expect((await admin.keys.get({ keyId: key.id })).status).toBe("expired");
    expect(await codeOf(admin.keys.rotate({ keyId: key.id }))).toBe("CONFLICT");
    const past = inMs(api, 0);
    expect(await codeOf(admin.keys.create({ name: "a", environment: "local", expiresAt: past }))).toBe("INVALID_INPUT");
  });

  test("rotated without an overlap, refuses the old secret at once", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    const created = await admin.keys.create({ name: "a", environment: "local" });
    expect((await verdict(created.secret)).valid).toBe(true);
    const rotated = await admin.keys.rotate({ keyId: created.key.id });
    expect(rotated.key).toMatchObject({ id: created.key.id, revision: 2, retiringUntil: null, name: "a" });
    expect(await verdict(created.secret)).toEqual({ valid: false, code: "REVOKED" });
    expect(await verdict(rotated.secret)).toMatchObject({ valid: true, keyId: created.key.id });
  });

  test("rotated with an overlap, accepts both secrets until the overlap ends", async () => {
    await using started = await start(kind);
    const { admin, verdict, api } = started;
    const first = await admin.keys.create({ name: "a", environment: "local" });
    const second = await admin.keys.rotate({ keyId: first.key.id, overlapMs: MINUTE_MS });
    expect(second.key.retiringUntil).toBe(inMs(api, MINUTE_MS));
    api.clock.advance(MINUTE_MS - 1);
    expect((await verdict(first.secret)).valid).toBe(true);
    expect((await verdict(second.secret)).valid).toBe(true);
    api.clock.advance(1);
    expect(await verdict(first.secret)).toEqual({ valid: false, code: "REVOKED" });
    expect((await verdict(second.secret)).valid).toBe(true);
    expect((await admin.keys.get({ keyId: first.key.id })).retiringUntil).toBeNull();
  });

  test("rotated with the longest overlap of 7 days, accepts both until then; a millisecond more is refused", async () => {
    await using started = await start(kind);
    const { admin, verdict, api } = started;
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local" });
    const tooLong = admin.keys.rotate({ keyId: key.id, overlapMs: 7 * DAY_MS + 1 });
    expect(await codeOf(tooLong)).toBe("INVALID_INPUT");
    expect((await admin.keys.get({ keyId: key.id })).revision).toBe(1);
    const rotated = await admin.keys.rotate({ keyId: key.id, overlapMs: 7 * DAY_MS });
    expect(rotated.key).toMatchObject({ revision: 2, retiringUntil: inMs(api, 7 * DAY_MS) });
    api.clock.advance(7 * DAY_MS - 1);
    expect([(await verdict(secret)).valid, (await verdict(rotated.secret)).valid]).toEqual([true, true]);
    api.clock.advance(1);
    expect(await verdict(secret)).toEqual({ valid: false, code: "REVOKED" });
    expect((await verdict(rotated.secret)).valid).toBe(true);
  });

  test("rotated again during an overlap, keeps one current and one retiring secret", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    const first = await admin.keys.create({ name: "a", environment: "local" });
    const second = await admin.keys.rotate({ keyId: first.key.id, overlapMs: MINUTE_MS });
    const third = await admin.keys.rotate({ keyId: first.key.id, overlapMs: MINUTE_MS });
    const verdicts = await Promise.all([first, second, third].map(({ secret }) => verdict(secret)));
    expect(verdicts.map(({ valid }) => valid)).toEqual([false, true, true]);
    expect(third.key.revision).toBe(3);
  });

  test("revoked, is refused from the moment that revoke returns, and stays so", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    const first = await admin.keys.create({ name: "a", environment: "local" });
    const second = await admin.keys.rotate({ keyId: first.key.id, overlapMs: MINUTE_MS });
    // Warm: both are answered from memory where memory may answer.
    expect((await verdict(first.secret)).valid && (await verdict(second.secret)).valid).toBe(true);
    const revoked = await admin.keys.revoke({ keyId: first.key.id });
    expect(await verdict(first.secret)).toEqual({ valid: false, code: "REVOKED" });
    expect(await verdict(second.secret)).toEqual({ valid: false, code: "REVOKED" });
    expect(revoked.status).toBe("revoked");
    expect(await admin.keys.revoke({ keyId: first.key.id })).toEqual(revoked);
    expect(await codeOf(admin.keys.rotate({ keyId: first.key.id }))).toBe("CONFLICT");
  });

  test("a text that is no secret of ours, or of no key, is NOT_FOUND", async () => {
    await using started = await start(kind);
    const { verdict } = started;
    for (const text of ["", "anything else", generateSecret({ environment: "local" })]) {
      expect(await verdict(text)).toEqual({ valid: false, code: "NOT_FOUND" });
    }
  });

  test("is listed once over all pages, newest first, by project and environment", async () => {
    await using started = await start(kind);
    const { admin } = started;
    await admin.projects.create({ slug: "billing", name: "Billing" });
    const names: string[] = [];
    for (let index = 0; index < 7; index++) {
      const project = index % 2 === 0 ? "billing" : "default";
      const environment = index % 3 === 0 ? "local" : "production";
      names.unshift((await admin.keys.create({ name: `key ${index}`, environment, project })).key.name);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await admin.keys.list({ limit: 3, ...(cursor !== undefined && { cursor }) });
      expect(page.keys.length).toBeLessThanOrEqual(3);
      seen.push(...page.keys.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(names);
    const billing = await admin.keys.list({ project: "billing" });
    expect(billing.keys.map(({ name }) => name)).toEqual(["key 6", "key 4", "key 2", "key 0"]);
    const both = await admin.keys.list({ project: "billing", environment: "local" });
    expect(both.keys.map(({ name }) => name)).toEqual(["key 6", "key 0"]);
    expect(await codeOf(admin.keys.list({ project: "none" }))).toBe("NOT_FOUND");
  });

  test("rotated by many at once, ends with one current secret that works", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    const { key } = await admin.keys.create({ name: "a", environment: "local" });
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => admin.keys.rotate({ keyId: key.id })));
    const rotated = outcomes.filter((outcome) => outcome.status === "fulfilled").map(({ value }) => value);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason.code);
    expect(refused.every((code) => code === "UNAVAILABLE")).toBe(true);
    const { revision } = await admin.keys.get({ keyId: key.id });
    expect(revision).toBe(1 + rotated.length);
    const valid = await Promise.all(rotated.map(async ({ secret }) => (await verdict(secret)).valid));
    expect(valid.filter(Boolean)).toHaveLength(1);
    expect(valid[rotated.findIndex((one) => one.key.revision === revision)]).toBe(true);
  });
});
