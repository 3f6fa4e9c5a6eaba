import { displayPrefix, generateSecret, secretSha256Hex } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

const start = async (kind: (typeof databaseKinds)[number]) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  return {
    api,
    admin: api.client(tokens.admin),
    operator: api.client(api.operatorToken),
    reconciler: api.client(await api.cluster("local", ["acme"])),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};

const registration = (settings: { requestsPerMinute: number; expiresAt: string | null }) => {
  const secret = generateSecret({ environment: "production" });
  return {
    owner: { uid: crypto.randomUUID(), namespace: "shop", name: "a" },
    workspace: "acme",
    project: "default",
    environment: "production" as const,
    revision: 1,
    secretSha256: secretSha256Hex(secret),
    displayPrefix: displayPrefix(secret),
    settings: { name: "a", paused: false, ...settings },
    deliverWithinMs: 60_000,
  };
};

describe.each(databaseKinds)("the rules of a workspace on %s", (kind) => {
  test("the default limit is what a key without one gets; none is above the maximum", async () => {
    await using started = await start(kind);
    const { admin, operator, reconciler } = started;
    const create = async (requestsPerMinute?: number) =>
      admin.keys.create({
        name: "a",
        environment: "local",
        ...(requestsPerMinute !== undefined && { requestsPerMinute }),
      });
    expect((await create()).key.requestsPerMinute).toBe(60);
    await operator.workspaces.update({ workspace: "acme", requestsPerMinuteMax: 20 });
    expect((await create()).key.requestsPerMinute).toBe(20);
    const { key } = await admin.workspaces.update({ defaultRequestsPerMinute: 5 }).then(() => create());
    expect(key.requestsPerMinute).toBe(5);
    expect(await codeOf(create(21))).toBe("ABOVE_MAXIMUM");
    expect(await codeOf(admin.keys.update({ keyId: key.id, requestsPerMinute: 21 }))).toBe("ABOVE_MAXIMUM");
    expect(await codeOf(admin.workspaces.update({ defaultRequestsPerMinute: 21 }))).toBe("INVALID_INPUT");
    expect((await admin.workspaces.get({})).defaultRequestsPerMinute).toBe(5);

    const managed = registration({ requestsPerMinute: 21, expiresAt: null });
    expect(await codeOf(reconciler.delivery.register(managed))).toBe("ABOVE_MAXIMUM");
    const fitting = { ...managed, settings: { ...managed.settings, requestsPerMinute: 20 } };
    expect(await codeOf(reconciler.delivery.register(fitting))).toBe("no error");
    const { owner } = managed;
    expect(await codeOf(reconciler.delivery.configure({ owner, settings: managed.settings }))).toBe("ABOVE_MAXIMUM");
    await admin.workspaces.update({ requestsPerMinuteMax: 10 });
    const renamed = { ...fitting.settings, name: "b" };
    expect(await codeOf(reconciler.delivery.configure({ owner, settings: renamed }))).toBe("no error");
  });

  test("with a longest life, a key must expire, and within it", async () => {
    await using started = await start(kind);
    const { admin, api, reconciler } = started;
    await admin.workspaces.update({ keyLifetimeDaysMax: 30 });
    const inDays = (days: number) => new Date(api.clock.now().getTime() + days * DAY_MS).toISOString();
    const create = (expiresAt: string | null) => admin.keys.create({ name: "a", environment: "local", expiresAt });
    expect(await codeOf(create(null))).toBe("ABOVE_MAXIMUM");
    expect(await codeOf(create(inDays(31)))).toBe("ABOVE_MAXIMUM");
    const { key } = await create(inDays(30));
    expect(await codeOf(admin.keys.update({ keyId: key.id, expiresAt: null }))).toBe("ABOVE_MAXIMUM");
    expect(await codeOf(admin.keys.update({ keyId: key.id, name: "b" }))).toBe("no error");
    const managed = registration({ requestsPerMinute: 1, expiresAt: null });
    expect(await codeOf(reconciler.delivery.register(managed))).toBe("ABOVE_MAXIMUM");
  });

  test("the default life is what a key without one gets, else the longest; never is said, and refused where it must be", async () => {
    await using started = await start(kind);
    const { admin, api, reconciler } = started;
    const inDays = (days: number) => new Date(api.clock.now().getTime() + days * DAY_MS).toISOString();
    const created = async (expiry: { expiresAt?: string | null } = {}) =>
      (await admin.keys.create({ name: "a", environment: "local", ...expiry })).key.expiresAt;
    expect(await created()).toBeNull();
    await admin.workspaces.update({ keyLifetimeDaysMax: 30 });
    expect(await created()).toBe(inDays(30));
    const ruled = await admin.workspaces.update({ defaultKeyLifetimeDays: 7 });
    expect(ruled).toMatchObject({ defaultKeyLifetimeDays: 7, keyLifetimeDaysMax: 30 });
    expect(await created()).toBe(inDays(7));
    expect(await created({ expiresAt: inDays(20) })).toBe(inDays(20));
    expect(await codeOf(created({ expiresAt: null }))).toBe("ABOVE_MAXIMUM");
    expect(await codeOf(admin.workspaces.update({ defaultKeyLifetimeDays: 31 }))).toBe("INVALID_INPUT");
    expect(await codeOf(admin.workspaces.update({ keyLifetimeDaysMax: 6 }))).toBe("INVALID_INPUT");
    expect(await admin.workspaces.get({})).toEqual(ruled);

    await admin.workspaces.update({ keyLifetimeDaysMax: null });
    expect(await created()).toBe(inDays(7));
    expect(await created({ expiresAt: null })).toBeNull();
    const { entries } = await admin.audit.list({ action: "workspaces.update" });
    expect(entries.map(({ before, after }) => [before, after])).toContainEqual([
      { defaultKeyLifetimeDays: null },
      { defaultKeyLifetimeDays: 7 },
    ]);
    // A manifest states all that it wants: without an expiry it says never.
    const managed = registration({ requestsPerMinute: 1, expiresAt: null });
    await reconciler.delivery.register(managed);
    const { key } = await reconciler.delivery.observe({ ownerUid: managed.owner.uid, candidates: [] });
    expect(key?.settings.expiresAt).toBeNull();
  });

  test("a create that is repeated under its idempotency key keeps the end that it was given first", async () => {
    await using started = await start(kind);
    const { admin, api } = started;
    await admin.workspaces.update({ defaultKeyLifetimeDays: 7 });
    const input = { name: "a", environment: "local", idempotencyKey: "once-only" } as const;
    const first = await admin.keys.create(input);
    api.clock.advance(1000);
    expect((await admin.keys.create(input)).key.expiresAt).toBe(first.key.expiresAt);
    expect(await codeOf(admin.keys.create({ ...input, expiresAt: null }))).toBe("CONFLICT");
  });

  test("a workspace never has more keys than its maximum, however many ask at once", async () => {
    await using started = await start(kind);
    const { admin, reconciler } = started;
    await admin.workspaces.update({ keysMax: 3 });
    const create = () => admin.keys.create({ name: "a", environment: "local" });
    const codes = await Promise.all(Array.from({ length: 40 }, () => codeOf(create())));
    const refused = codes.filter((code) => code !== "no error");
    expect(refused).toEqual(Array.from({ length: 37 }, () => "KEY_LIMIT_REACHED"));
    expect((await admin.keys.list({})).keys).toHaveLength(3);
    expect(await codeOf(create())).toBe("KEY_LIMIT_REACHED");
    const managed = registration({ requestsPerMinute: 1, expiresAt: null });
    expect(await codeOf(reconciler.delivery.register(managed))).toBe("KEY_LIMIT_REACHED");
    const [first] = (await admin.keys.list({})).keys;
    await admin.keys.revoke({ keyId: first?.id ?? "" });
    expect(await codeOf(create())).toBe("no error");
    expect(await codeOf(create())).toBe("KEY_LIMIT_REACHED");
  });

  test("the last place belongs to one call however often that comes at once: each repetition is answered", async () => {
    await using started = await start(kind);
    const { admin, reconciler } = started;
    for (let keysMax = 2; keysMax <= 12; keysMax += 2) {
      await admin.workspaces.update({ keysMax: keysMax - 1 });
      const input = { name: "a", environment: "local", idempotencyKey: `for-place-${keysMax}` } as const;
      const created = await Promise.all(Array.from({ length: 5 }, () => codeOf(admin.keys.create(input))));
      expect(created.filter((code) => code !== "no error")).toEqual([]);
      await admin.workspaces.update({ keysMax });
      const managed = registration({ requestsPerMinute: 1, expiresAt: null });
      const registered = Array.from({ length: 5 }, () => codeOf(reconciler.delivery.register(managed)));
      expect((await Promise.all(registered)).filter((code) => code !== "no error")).toEqual([]);
      expect((await admin.keys.count({})).total).toBe(keysMax);
    }
  });

  test("as long as there is room, all who ask at once get a key, by whichever way", async () => {
    await using started = await start(kind);
    const { admin, reconciler } = started;
    await admin.workspaces.update({ keysMax: 1_000 });
    const creates = Array.from({ length: 60 }, (_, index) =>
      admin.keys.create({
        name: "a",
        environment: "local",
        ...(index % 6 === 0 && { idempotencyKey: `create-${index}` }),
      }),
    );
    const registers = Array.from({ length: 10 }, () =>
      reconciler.delivery.register(registration({ requestsPerMinute: 1, expiresAt: null })),
    );
    const codes = await Promise.all([...creates, ...registers].map(codeOf));
    expect(codes.filter((code) => code !== "no error")).toEqual([]);
    expect((await admin.keys.count({})).total).toBe(70);
  });

  test("an operator names the workspace, an admin has one", async () => {
    await using started = await start(kind);
    const { admin, operator } = started;
    expect(await codeOf(operator.workspaces.get({}))).toBe("INVALID_INPUT");
    expect(await codeOf(operator.workspaces.get({ workspace: "none" }))).toBe("NOT_FOUND");
    const updated = await operator.workspaces.update({ workspace: "acme", name: "Acme 2", keysMax: 9 });
    expect(updated).toMatchObject({ slug: "acme", name: "Acme 2", keysMax: 9, requestsPerMinuteMax: null });
    expect(await admin.workspaces.get({ workspace: "acme" })).toEqual(updated);
    const cleared = await admin.workspaces.update({ keysMax: null });
    expect(cleared.keysMax).toBeNull();
    const entries = (await admin.audit.list({ action: "workspaces.update" })).entries;
    expect(entries.map(({ before, after }) => [before, after])).toEqual([
      [{ keysMax: 9 }, { keysMax: null }],
      [
        { name: "The acme", keysMax: null },
        { name: "Acme 2", keysMax: 9 },
      ],
    ]);
  });
});
