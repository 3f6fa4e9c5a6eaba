import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { aSecret, settings, startDelivery as start } from "./api/start-delivery.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const effective = { effectiveEverywhere: true, waitedMs: expect.any(Number) };

describe.each(databaseKinds)("delivery on %s", (kind) => {
  test("a key never moves, and its manifest's settings follow", async () => {
    await using started = await start(kind);
    const { admin, delivery, owner, register, confirm, verdict } = started;
    await admin.projects.create({ slug: "billing", name: "Billing" });
    const secret = aSecret();
    await register(secret, 1);
    await confirm(secret, 1);
    expect(await codeOf(register(aSecret(), 2, { project: "billing" }))).toBe("CONFLICT");
    expect(await codeOf(register(aSecret(), 2, { environment: "local" }))).toBe("CONFLICT");
    expect(await delivery.configure({ owner, settings: { ...settings, paused: true } })).toMatchObject({
      status: "paused",
    });
    expect(await verdict(secret)).toBe("PAUSED");
    await delivery.configure({ owner, settings: { ...settings, name: "renamed", requestsPerMinute: 7 } });
    const [key] = (await admin.keys.list({})).keys;
    expect(key).toMatchObject({ name: "renamed", requestsPerMinute: 7, status: "active" });
    expect(key?.managedBy).toEqual({ cluster: "local", namespace: "shop", name: "checkout" });
    expect(await codeOf(admin.keys.rotate({ keyId: key?.id ?? "" }))).toBe("MANAGED_BY_CLUSTER");
  });

  test("nothing is minted for a revoked key unless a person asked for it", async () => {
    await using started = await start(kind);
    const { admin, delivery, owner, register, confirm, verdict } = started;
    const first = aSecret();
    const { keyId } = (await register(first, 1)) as { keyId: string };
    await confirm(first, 1);
    await admin.keys.revoke({ keyId });
    const next = aSecret();
    expect(await register(next, 2)).toEqual({ outcome: "revoked", keyId });
    expect(await codeOf(delivery.configure({ owner, settings }))).toBe("CONFLICT");
    expect(await verdict(next)).toBe("NOT_FOUND");
    const replaced = await register(next, 2, { replaceRevoked: true });
    expect(replaced).toMatchObject({ outcome: "registered", revision: 2 });
    expect(replaced).not.toMatchObject({ keyId });
    expect([await verdict(first), await verdict(next)]).toEqual(["REVOKED", "VALID"]);
  });

  test("released with its policy, a key is revoked or kept, and nothing is minted for the owner again", async () => {
    for (const policy of ["revoke", "retain"] as const) {
      await using started = await start(kind);
      const { admin, delivery, owner, register, confirm, observe, verdict } = started;
      const [current, pending] = [aSecret(), aSecret()];
      const { keyId } = (await register(current, 1)) as { keyId: string };
      await confirm(current, 1);
      await register(pending, 2);
      expect(await delivery.release({ ownerUid: owner.uid, policy })).toEqual({ keyId, ...effective });
      expect(await delivery.release({ ownerUid: owner.uid, policy })).toEqual({ keyId, ...effective });
      expect(await verdict(current)).toBe(policy === "revoke" ? "REVOKED" : "VALID");
      expect(await verdict(pending)).toBe("REVOKED");
      expect(await register(aSecret(), 3)).toEqual({ outcome: "released" });
      expect((await observe()).released).toBe(true);
      expect((await admin.keys.get({ keyId })).managedBy).toBeNull();
    }
  });

  test("an owner that never had a key is released all the same", async () => {
    await using started = await start(kind);
    const { delivery, owner, register, observe } = started;
    expect(await delivery.release({ ownerUid: owner.uid, policy: "revoke" })).toEqual({ keyId: null, ...effective });
    expect(await register(aSecret(), 1)).toEqual({ outcome: "released" });
    expect(await observe()).toEqual({ at: expect.any(String), key: null, candidates: [], released: true });
  });

  test("a cluster whose access is withdrawn may do nothing with the workspace's keys", async () => {
    await using started = await start(kind);
    const { api, delivery, owner, register, confirm, observe, verdict } = started;
    const secret = aSecret();
    await register(secret, 1);
    await api.client(api.operatorToken).clusters.disallow({ cluster: "local", workspace: "acme" });
    const calls = [
      register(aSecret(), 2),
      confirm(secret, 1),
      observe(secret),
      delivery.configure({ owner, settings }),
      delivery.release({ ownerUid: owner.uid, policy: "revoke" }),
    ];
    expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => "FORBIDDEN"));
    expect(await verdict(secret)).toBe("VALID");
  });
});
