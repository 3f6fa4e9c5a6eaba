import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { aSecret, settings, startDelivery as start } from "./api/start-delivery.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

const iso = (instant: Date, ms: number) => new Date(instant.getTime() + ms).toISOString();

describe.each(databaseKinds)("delivery on %s", (kind) => {
  test("a registered secret works from then on, and goes on when it is confirmed", async () => {
    await using started = await start(kind);
    const { api, register, confirm, observe, verdict } = started;
    const secret = aSecret();
    expect(await observe(secret)).toEqual({
      at: api.clock.now().toISOString(),
      key: null,
      candidates: [],
      released: false,
    });
    // Asked for before it exists: the answer must not be remembered.
    expect(await verdict(secret)).toBe("NOT_FOUND");
    const registered = await register(secret, 1);
    const deliverUntil = iso(api.clock.now(), MINUTE_MS);
    expect(registered).toEqual({ outcome: "registered", keyId: expect.any(String), revision: 1, deliverUntil });
    expect(await verdict(secret)).toBe("VALID");
    const pending = await observe(secret);
    expect(pending.candidates).toEqual([
      { secretSha256: secret.sha256, revision: 1, state: "pending", validUntil: deliverUntil },
    ]);
    expect(pending.key).toMatchObject({ revision: 0, latestRevision: 1, displayPrefix: null, rotatedAt: null });

    const confirmed = await confirm(secret, 1);
    expect(confirmed).toMatchObject({ outcome: "confirmed", revision: 1, retiringUntil: null });
    expect(confirmed).toHaveProperty("view", await observe(secret));
    expect((await observe(secret)).candidates).toMatchObject([{ revision: 1, state: "current" }]);
    api.clock.advance(10 * MINUTE_MS);
    expect(await verdict(secret)).toBe("VALID");
    expect(await confirm(secret, 1)).toMatchObject({ outcome: "confirmed" });
    expect(await register(secret, 1)).toMatchObject({ outcome: "confirmed", revision: 1 });
    expect((await observe(secret)).key).toMatchObject({ revision: 1, status: "active", settings });
  });

  test("a secret that is not confirmed in time ends by itself, and its revision is used up", async () => {
    await using started = await start(kind);
    const { api, register, confirm, observe, verdict } = started;
    const late = aSecret();
    await register(late, 1);
    expect(await verdict(late)).toBe("VALID");
    api.clock.advance(MINUTE_MS);
    expect(await verdict(late)).toBe("REVOKED");
    expect(await confirm(late, 1)).toEqual({ outcome: "refused" });
    expect(await register(late, 1)).toMatchObject({ outcome: "expired", revision: 1 });
    expect(await register(aSecret(), 1)).toMatchObject({ outcome: "superseded", revision: 1 });
    expect((await observe(late)).candidates).toMatchObject([{ state: "ended" }]);
    expect(await register(aSecret(), 2)).toMatchObject({ outcome: "registered", revision: 2 });
  });

  test("while a version retires, the view tells when it was last used and how often since", async () => {
    await using started = await start(kind);
    const { api, register, confirm, observe, verdict } = started;
    const [first, second] = [aSecret(), aSecret()];
    await register(first, 1);
    expect(await verdict(first)).toBe("VALID");
    await confirm(first, 1);
    expect(await verdict(first)).toBe("VALID");
    await register(second, 2);
    await confirm(second, 2, MINUTE_MS);
    const validUntil = iso(api.clock.now(), MINUTE_MS);
    api.clock.advance(5000);
    for (const secret of [first, second, first]) expect(await verdict(secret)).toBe("VALID");
    const retiring = { revision: 1, validUntil, lastUsedAt: api.clock.now().toISOString(), accepted: 2 };
    await waitUntil(async () => (await observe()).key?.retiring?.accepted === 2, {
      what: "the uses are known",
      timeoutMs: 10_000,
    });
    expect((await observe()).key).toMatchObject({ revision: 2, retiringUntil: validUntil, retiring });
    api.clock.advance(MINUTE_MS);
    expect((await observe()).key).toMatchObject({ retiringUntil: null, retiring: null });
  });

  test("registered again in time, a secret gets its time anew", async () => {
    await using started = await start(kind);
    const { api, register, verdict } = started;
    const secret = aSecret();
    const first = await register(secret, 1);
    api.clock.advance(MINUTE_MS - 1);
    expect(await register(secret, 1)).toEqual({ ...first, deliverUntil: iso(api.clock.now(), MINUTE_MS) });
    api.clock.advance(MINUTE_MS - 1);
    expect(await verdict(secret)).toBe("VALID");
  });

  test("two candidates of one revision both work; the one that is not confirmed until its deadline", async () => {
    await using started = await start(kind);
    const { register, confirm, verdict } = started;
    const [lost, found] = [aSecret(), aSecret()];
    await register(lost, 1);
    expect(await register(found, 1)).toMatchObject({ outcome: "registered", revision: 1 });
    expect([await verdict(lost), await verdict(found)]).toEqual(["VALID", "VALID"]);
    expect(await confirm(found, 1)).toMatchObject({ outcome: "confirmed" });
    // Whoever registered it may be about to publish it.
    expect([await verdict(lost), await verdict(found)]).toEqual(["VALID", "VALID"]);
    expect(await confirm(lost, 1)).toEqual({ outcome: "refused" });
    expect(await register(lost, 1)).toMatchObject({ outcome: "superseded" });
    started.api.clock.advance(MINUTE_MS);
    expect([await verdict(lost), await verdict(found)]).toEqual(["REVOKED", "VALID"]);
    expect(await register(lost, 1)).toMatchObject({ outcome: "expired" });
  });

  test("a rotation with an overlap keeps the old secret until the overlap ends", async () => {
    await using started = await start(kind);
    const { api, register, confirm, observe, verdict } = started;
    const [old, next] = [aSecret(), aSecret()];
    await register(old, 1);
    await confirm(old, 1);
    await register(next, 2);
    expect([await verdict(old), await verdict(next)]).toEqual(["VALID", "VALID"]);
    const until = iso(api.clock.now(), MINUTE_MS);
    expect(await confirm(next, 2, MINUTE_MS)).toMatchObject({ outcome: "confirmed", retiringUntil: until });
    api.clock.advance(MINUTE_MS - 1);
    expect(await confirm(next, 2, MINUTE_MS)).toMatchObject({ retiringUntil: until });
    expect([await verdict(old), await verdict(next)]).toEqual(["VALID", "VALID"]);
    expect((await observe(old, next)).candidates.map(({ state }) => state)).toEqual(["retiring", "current"]);
    api.clock.advance(1);
    expect([await verdict(old), await verdict(next)]).toEqual(["REVOKED", "VALID"]);
    expect(await confirm(old, 1)).toEqual({ outcome: "refused" });
  });

  test("two reconcilers that register at once leave one key, and each knows where it stands", async () => {
    await using started = await start(kind);
    const { api, admin, register, confirm, verdict } = started;
    const secrets = [aSecret(), aSecret(), aSecret()];
    const outcomes = await Promise.all(secrets.map((secret) => register(secret, 1)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["registered", "registered", "registered"]);
    const { keys } = await admin.keys.list({});
    expect(keys).toHaveLength(1);
    const confirmations = await Promise.all(secrets.map((secret) => confirm(secret, 1)));
    expect(confirmations.map(({ outcome }) => outcome).toSorted()).toEqual(["confirmed", "refused", "refused"]);
    api.clock.advance(MINUTE_MS);
    const verdicts = await Promise.all(secrets.map(verdict));
    expect(verdicts.toSorted()).toEqual(["REVOKED", "REVOKED", "VALID"]);
  });
});
