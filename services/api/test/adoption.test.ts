import type { Verification } from "@itsy/contract";
import { displayPrefix, generateSecret, secretSha256Hex } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const settings = { name: "checkout", requestsPerMinute: 60, expiresAt: null, paused: false };
const where = { workspace: "acme", project: "default", environment: "production" } as const;

const aSecret = () => {
  const text = generateSecret({ environment: "production" });
  return { text, sha256: secretSha256Hex(text), prefix: displayPrefix(text) };
};
type Secret = ReturnType<typeof aSecret>;
const anOwner = (change: { uid: string; namespace?: string; name?: string }) => ({
  namespace: "shop",
  name: "checkout",
  ...change,
});
type Owner = ReturnType<typeof anOwner>;

/** Revision 1 of a key lies with the owner "old". */
const start = async (kind: (typeof databaseKinds)[number]) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  const { delivery } = api.client(await api.cluster("local", ["acme"]));
  const old = anOwner({ uid: "old" });
  const register = (owner: Owner, secret: Secret, revision: number) =>
    delivery.register({
      ...where,
      owner,
      revision,
      secretSha256: secret.sha256,
      displayPrefix: secret.prefix,
      settings,
      deliverWithinMs: 60_000,
    });
  const confirm = ({ uid: ownerUid }: Owner, { sha256: secretSha256 }: Secret, revision: number) =>
    delivery.confirm({ ownerUid, revision, secretSha256, overlapMs: 0 });
  const secret = aSecret();
  const { keyId } = (await register(old, secret, 1)) as { keyId: string };
  await confirm(old, secret, 1);
  return {
    api,
    admin: api.client(tokens.admin),
    delivery,
    old,
    secret,
    keyId,
    register,
    confirm,
    adopt: (owner: Owner, { sha256: secretSha256 } = secret) => delivery.adopt({ ...where, owner, secretSha256 }),
    verdict: async ({ text }: Secret) => {
      const verification = (await (await api.verify(tokens.verifier, { secret: text })).json()) as Verification;
      return verification.valid ? "VALID" : verification.code;
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};

const refused = { outcome: "refused" };

describe.each(databaseKinds)("adoption on %s", (kind) => {
  test("whoever holds the value under the owner's name takes the key over, with all that it is", async () => {
    await using started = await start(kind);
    const { admin, delivery, secret, keyId, adopt, register, confirm, verdict } = started;
    const again = anOwner({ uid: "again" });
    const adopted = { outcome: "adopted", keyId, revision: 1, effectiveEverywhere: true, waitedMs: expect.any(Number) };
    expect(await adopt(again)).toEqual(adopted);
    expect(await adopt(again)).toEqual(adopted);
    expect(await verdict(secret)).toBe("VALID");
    const view = await delivery.observe({ ownerUid: "again", candidates: [secret.sha256] });
    expect(view).toMatchObject({ key: { keyId, revision: 1 }, candidates: [{ state: "current" }], released: false });
    const next = aSecret();
    expect(await register(again, next, 2)).toMatchObject({ outcome: "registered", keyId });
    expect(await confirm(again, next, 2)).toMatchObject({ outcome: "confirmed" });
    expect((await admin.keys.list({})).keys).toHaveLength(1);
    const { entries } = await admin.audit.list({ action: "delivery.adopt" });
    expect(entries).toMatchObject([{ before: { ownerUid: "old" }, after: { ownerUid: "again" } }]);
  });

  test("the old owner cannot fight back: nothing that is under way for it does anything", async () => {
    await using started = await start(kind);
    const { admin, delivery, old, secret, keyId, adopt, register, confirm, verdict } = started;
    const pending = aSecret();
    await register(old, pending, 2);
    await adopt(anOwner({ uid: "again" }));
    expect(await verdict(pending)).toBe("REVOKED");
    expect(await codeOf(confirm(old, pending, 2))).toBe("NOT_FOUND");
    expect(await register(old, aSecret(), 3)).toEqual({ outcome: "released" });
    expect(await codeOf(delivery.configure({ owner: old, settings: { ...settings, paused: true } }))).toBe("NOT_FOUND");
    expect(await delivery.release({ ownerUid: old.uid, policy: "revoke" })).toMatchObject({ keyId: null });
    expect(await delivery.observe({ ownerUid: old.uid, candidates: [secret.sha256] })).toEqual({
      at: expect.any(String),
      key: null,
      candidates: [],
      released: true,
    });
    expect(await adopt(old)).toEqual(refused);
    expect(await verdict(secret)).toBe("VALID");
    expect((await admin.keys.get({ keyId })).status).toBe("active");
  });

  test("nothing is taken from a living owner, whoever copied its Secret wherever", async () => {
    await using started = await start(kind);
    const { api, old, secret, keyId, adopt, register, delivery } = started;
    expect(await adopt(anOwner({ uid: "copy", namespace: "other" }))).toEqual(refused);
    expect(await adopt(anOwner({ uid: "copy", name: "other" }))).toEqual(refused);
    expect(await adopt(anOwner({ uid: "copy" }), aSecret())).toEqual(refused);
    const elsewhere = api.client(await api.cluster("second", ["acme"])).delivery;
    const input = { ...where, owner: anOwner({ uid: "copy" }), secretSha256: secret.sha256 };
    expect(await elsewhere.adopt(input)).toEqual(refused);
    expect(await delivery.adopt({ ...input, environment: "preview" })).toEqual(refused);
    expect(await register(old, aSecret(), 2)).toMatchObject({ outcome: "registered", keyId });
  });

  test("a key that ended, was released or belongs to people is not taken", async () => {
    await using started = await start(kind);
    const { admin, delivery, old, secret, keyId, adopt } = started;
    const made = await admin.keys.create({ name: "by hand", environment: "production" });
    const byHand = secretSha256Hex(made.secret);
    expect(await adopt(anOwner({ uid: "again" }), { ...secret, sha256: byHand })).toEqual(refused);
    await delivery.release({ ownerUid: old.uid, policy: "retain" });
    expect(await adopt(anOwner({ uid: "again" }))).toEqual(refused);
    await admin.keys.revoke({ keyId });
    expect(await adopt(anOwner({ uid: "again" }))).toEqual(refused);
  });

  test("of several that ask at once each gets it from the one before, and one has it in the end", async () => {
    await using started = await start(kind);
    const { adopt } = started;
    const outcomes = await Promise.all(["a", "b", "c"].map((uid) => adopt(anOwner({ uid }))));
    expect(outcomes.every(({ outcome }) => outcome === "adopted")).toBe(true);
    const views = ["a", "b", "c"].map((ownerUid) => started.delivery.observe({ ownerUid, candidates: [] }));
    expect((await Promise.all(views)).filter(({ key }) => key !== null)).toHaveLength(1);
    expect((await started.admin.audit.list({ action: "delivery.adopt" })).entries).toHaveLength(3);
  });

  test("a cluster that may not act for the workspace learns nothing", async () => {
    await using started = await start(kind);
    const { api, adopt } = started;
    await api.client(api.operatorToken).clusters.disallow({ cluster: "local", workspace: "acme" });
    expect(await codeOf(adopt(anOwner({ uid: "again" })))).toBe("FORBIDDEN");
  });
});
