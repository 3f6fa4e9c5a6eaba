import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { startKeyChanges as start, viewOf } from "./api/key-changes.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

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
    const narrower = { permissions: ["audit", "files:read"], ipRules: ["192.0.2.0/24", "198.51.100.0/24"] };
    const sent = {
      permissions: ["files:read", "audit", "files:read"],
      ipRules: ["198.51.100.0/24", "192.0.2.0/24", "198.51.100.0/24"],
    };
    const updated = viewOf(await admin.keys.update({ keyId, ...sent }));
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
});
