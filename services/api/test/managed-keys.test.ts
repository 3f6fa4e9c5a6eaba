import { REGISTERED_REVISION_MAX } from "@itsy/contract";
import { displayPrefix, generateSecret, secretSha256Hex } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { type KeyChanges, startKeyChanges as start } from "./api/key-changes.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

/** A key that an `ApiKey` resource owns, delivered and confirmed. */
const managedKey = async ({ reconciler }: KeyChanges, paused = false) => {
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

  test("has room for rotations above the highest revision that its cluster may announce", async () => {
    await using started = await start(kind);
    const { admin, reconciler } = started;
    const { keyId, owner, register } = await managedKey(started);
    expect(await codeOf(register(REGISTERED_REVISION_MAX + 1))).toBe("INVALID_INPUT");
    expect(await register(REGISTERED_REVISION_MAX)).toMatchObject({ outcome: "registered" });
    await reconciler.delivery.release({ ownerUid: owner.uid, policy: "retain" });
    expect((await admin.keys.rotate({ keyId })).key.revision).toBe(REGISTERED_REVISION_MAX + 1);
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
