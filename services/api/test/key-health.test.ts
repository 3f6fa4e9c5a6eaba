import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { reportLeaks, scannerEnv } from "./api/scanner.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds, freshDatabase } from "./database/fresh-database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;

const start = async (kind: (typeof databaseKinds)[number]) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  const admin = api.client(tokens.admin);
  return {
    api,
    admin,
    create: (name: string, more: { requestsPerMinute?: number; expiresAt?: string } = {}) =>
      admin.keys.create({ name, environment: "local", ...more }),
    use: async (secret: string, times = 1) => {
      for (let time = 0; time < times; time += 1) await api.verify(tokens.verifier, { secret });
    },
    /** Waits until as many requests of the workspace were written. */
    written: (requests: number) =>
      waitUntil(
        async () => {
          const { accepted, refused } = (await admin.keys.usage({ by: "day" })).total;
          return accepted + Object.values(refused).reduce((sum, count) => sum + count, 0) >= requests;
        },
        { what: `${requests} requests are written`, timeoutMs: 15_000 },
      ),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};

describe.each(databaseKinds)("on %s", (kind) => {
  test("usage is a series of a key, a project or the workspace, by hour or day", async () => {
    await using started = await start(kind);
    const { api, admin, create, use, written } = started;
    await admin.projects.create({ slug: "other", name: "Other" });
    const first = await create("a");
    const second = await admin.keys.create({ name: "b", environment: "local", project: "other" });
    await use(first.secret, 2);
    await admin.keys.pause({ keyId: first.key.id });
    await use(first.secret);
    api.clock.advance(HOUR_MS);
    await use(second.secret, 3);
    await written(6);

    const from = "2027-01-01T00:00:00.000Z";
    const byHour = await admin.keys.usage({ from, to: "2027-01-01T03:00:00Z" });
    const nothing = { accepted: 0, cost: 0, refused: {} };
    expect(byHour.points).toEqual([
      { at: from, accepted: 2, cost: 2, refused: { PAUSED: 1 } },
      { at: "2027-01-01T01:00:00.000Z", accepted: 3, cost: 3, refused: {} },
      { at: "2027-01-01T02:00:00.000Z", ...nothing },
    ]);
    const byDay = await admin.keys.usage({ by: "day", from });
    expect(byDay.points).toEqual([{ at: from, accepted: 5, cost: 5, refused: { PAUSED: 1 } }]);
    expect((await admin.keys.usage({ keyId: first.key.id, from })).total).toMatchObject({ accepted: 2 });
    expect((await admin.keys.usage({ project: "other", from })).total).toMatchObject({ accepted: 3, refused: {} });
    expect(await codeOf(admin.keys.usage({ project: "default", keyId: second.key.id }))).toBe("NOT_FOUND");
    expect(await codeOf(admin.keys.usage({ from, to: from }))).toBe("INVALID_INPUT");
    // What is gone has no series; its project and workspace keep their sums.
    await admin.keys.delete({ keyId: second.key.id, confirmName: "b" });
    expect(await codeOf(admin.keys.usage({ keyId: second.key.id }))).toBe("NOT_FOUND");
    expect((await admin.keys.usage({ project: "other", from })).total).toMatchObject({ accepted: 3 });
  });

  test("health names what to look at in each key, counts it, and pages through the keys that have it", async () => {
    await using started = await start(kind);
    const { api, admin, create, use, written } = started;
    const idle = await create("idle");
    await use(idle.secret);
    await written(1);
    api.clock.advance(40 * DAY_MS);
    const expiresAt = new Date(api.clock.now().getTime() + 3 * DAY_MS).toISOString();
    const expiring = await create("expiring", { expiresAt });
    const limited = await create("limited", { requestsPerMinute: 1 });
    await use(limited.secret, 15);
    const rotated = await create("rotated");
    const { secret } = await admin.keys.rotate({ keyId: rotated.key.id, overlapMs: DAY_MS });
    await use(rotated.secret, 2);
    await use(secret);
    const fine = await create("fine", { expiresAt: new Date(api.clock.now().getTime() + 90 * DAY_MS).toISOString() });
    const revoked = await create("revoked");
    await admin.keys.revoke({ keyId: revoked.key.id });
    await written(18);

    const found = async (keyId: string) => (await admin.keys.health({ keyId })).keys[0];
    expect(await found(idle.key.id)).toMatchObject({ findings: ["IDLE", "NEVER_EXPIRES"] });
    expect(await found(fine.key.id)).toMatchObject({ name: "fine", findings: [], project: "default" });
    expect(await found(revoked.key.id)).toMatchObject({ status: "revoked", findings: [], versions: [] });
    expect(await found(limited.key.id)).toMatchObject({
      findings: ["OVER_LIMIT_OFTEN", "NEVER_EXPIRES"],
      lastDay: { accepted: 1, rateLimited: 14 },
    });
    expect(await found(rotated.key.id)).toMatchObject({
      findings: ["OLD_VERSION_IN_USE", "NEVER_EXPIRES"],
      lastDay: { accepted: 3 },
      versions: [
        { revision: 1, state: "retiring", accepted: 2, acceptedRetiring: 2 },
        { revision: 2, state: "current", accepted: 1, acceptedRetiring: null },
      ],
    });

    const all = await admin.keys.health({});
    expect(all.keys.map(({ name }) => name)).toEqual(["rotated", "limited", "expiring", "idle"]);
    expect(all.counts).toMatchObject({
      checked: 6,
      complete: true,
      findings: {
        IDLE: 1,
        EXPIRES_SOON: 1,
        OVER_LIMIT_OFTEN: 1,
        OLD_VERSION_IN_USE: 1,
        NEVER_EXPIRES: 3,
        NEVER_USED: 0,
      },
    });
    expect(all.nextCursor).toBeNull();
    const names: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await admin.keys.health({ finding: "NEVER_EXPIRES", limit: 1, ...(cursor && { cursor }) });
      names.push(...page.keys.map(({ name }) => name));
      expect(page.counts === null).toBe(cursor !== undefined);
      cursor = page.nextCursor;
    }
    expect(names).toEqual(["rotated", "limited", "idle"]);
    const terms = await admin.keys.health({ idleDays: 41, expiresWithinDays: 2 });
    expect(terms.counts?.findings).toMatchObject({ IDLE: 0, EXPIRES_SOON: 0 });

    api.clock.advance(2 * DAY_MS);
    expect(await found(expiring.key.id)).toMatchObject({ findings: ["EXPIRES_SOON", "NEVER_USED"] });
    // The day is over, and so is the overlap.
    expect(await found(rotated.key.id)).toMatchObject({ findings: ["NEVER_EXPIRES"] });
    expect(await found(limited.key.id)).toMatchObject({ findings: ["NEVER_EXPIRES"] });
  });

  test("health names a secret that was found in public, and one under an old pepper until it is used", async () => {
    await using fresh = await freshDatabase(kind);
    const pepper = (version: number) => `${version}:${Buffer.alloc(32, version).toString("base64")}`;
    const startWith = (PEPPERS: string) => startTestApi({ databaseUrl: fresh.url, env: { ...scannerEnv, PEPPERS } });
    const expiresAt = "2030-01-01T00:00:00.000Z";
    const made = async () => {
      await using api = await startWith(pepper(1));
      const { tokens } = await api.tenant("acme");
      const create = (name: string) => api.client(tokens.admin).keys.create({ name, environment: "local", expiresAt });
      return { tokens, leaked: await create("leaked"), old: await create("old") };
    };
    const { tokens, leaked, old } = await made();
    await using api = await startWith(`${pepper(1)},${pepper(2)}`);
    const admin = api.client(tokens.admin);
    await admin.keys.create({ name: "fine", environment: "local", expiresAt });
    const health = async () => {
      const { keys, counts } = await admin.keys.health({});
      const { LEAKED, OLD_PEPPER } = counts?.findings ?? {};
      return { found: keys.map(({ name, findings }) => [name, ...findings]), LEAKED, OLD_PEPPER };
    };
    const both = {
      found: [
        ["old", "OLD_PEPPER"],
        ["leaked", "OLD_PEPPER"],
      ],
      LEAKED: 0,
      OLD_PEPPER: 2,
    };
    expect(await health()).toEqual(both);
    expect(await reportLeaks(api, [{ secret: leaked.secret }])).toMatchObject({ labels: ["true_positive"] });
    expect(await health()).toEqual({
      found: [
        ["old", "OLD_PEPPER"],
        ["leaked", "LEAKED", "OLD_PEPPER"],
      ],
      LEAKED: 1,
      OLD_PEPPER: 2,
    });
    const onlyLeaked = await admin.keys.health({ finding: "LEAKED" });
    expect(onlyLeaked.keys.map(({ keyId }) => keyId)).toEqual([leaked.key.id]);
    expect((await admin.keys.health({ keyId: old.key.id })).keys[0]?.findings).toEqual(["OLD_PEPPER"]);

    for (const { secret } of [leaked, old]) await api.verify(tokens.verifier, { secret });
    await waitUntil(async () => (await health()).OLD_PEPPER === 0, {
      what: "what was presented is under the current pepper",
      timeoutMs: 15_000,
    });
    expect(await health()).toEqual({ found: [["leaked", "LEAKED"]], LEAKED: 1, OLD_PEPPER: 0 });
    // The secret that is known goes: nothing of the key is left to look at.
    await admin.keys.rotate({ keyId: leaked.key.id });
    expect(await health()).toEqual({ found: [], LEAKED: 0, OLD_PEPPER: 0 });
  });
});
