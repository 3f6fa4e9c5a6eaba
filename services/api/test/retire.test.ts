import type { Verification } from "@itsy/contract";
import { displayPrefix, generateSecret, secretSha256Hex } from "@itsy/key-format";
import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;
const owner = { uid: "owner", namespace: "shop", name: "checkout" };
const settings = { name: "checkout", requestsPerMinute: 60, expiresAt: null, paused: false };
const aSecret = () => generateSecret({ environment: "production" });

/** Revision 2 is current, and revision 1 is on its way out for an hour. */
const start = async (kind: (typeof databaseKinds)[number]) => {
  const api = await startTestApi({ kind });
  const { tokens } = await api.tenant("acme");
  const { delivery } = api.client(await api.cluster("local", ["acme"]));
  const deliver = async (secret: string, revision: number) => {
    const secretSha256 = secretSha256Hex(secret);
    await delivery.register({
      owner,
      workspace: "acme",
      project: "default",
      environment: "production",
      revision,
      secretSha256,
      displayPrefix: displayPrefix(secret),
      settings,
      deliverWithinMs: MINUTE_MS,
    });
    await delivery.confirm({ ownerUid: owner.uid, revision, secretSha256, overlapMs: 60 * MINUTE_MS });
  };
  const [old, current] = [aSecret(), aSecret()];
  await deliver(old, 1);
  await deliver(current, 2);
  return {
    api,
    admin: api.client(tokens.admin),
    old,
    current,
    deliver,
    retire: (idleForMs: number, revision = 1) => delivery.retire({ ownerUid: owner.uid, revision, idleForMs }),
    retiring: async () => (await delivery.observe({ ownerUid: owner.uid, candidates: [] })).key?.retiring ?? null,
    verdict: async (secret: string) => {
      const verification = (await (await api.verify(tokens.verifier, { secret })).json()) as Verification;
      return verification.valid ? "VALID" : verification.code;
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
};
const ended = { outcome: "ended", effectiveEverywhere: true, waitedMs: expect.any(Number) };

describe.each(databaseKinds)("retiring what is not used, on %s", (kind) => {
  test("a version on its way out ends early, once it was idle for long enough; the current one is not touched", async () => {
    await using started = await start(kind);
    const { api, admin, old, current, retire, retiring, verdict } = started;
    api.clock.advance(5 * MINUTE_MS);
    const idleAt = new Date(api.clock.now().getTime() + MINUTE_MS).toISOString();
    expect(await retire(6 * MINUTE_MS)).toEqual({ outcome: "inUse", idleAt });
    expect(await verdict(old)).toBe("VALID");
    await waitUntil(async () => ((await retiring())?.accepted ?? 0) > 0, {
      what: "the use is known",
      timeoutMs: 10_000,
    });
    api.clock.advance(4 * MINUTE_MS);
    expect(await retire(5 * MINUTE_MS)).toMatchObject({ outcome: "inUse" });
    expect(await verdict(old)).toBe("VALID");
    await waitUntil(async () => ((await retiring())?.accepted ?? 0) > 1, {
      what: "the use is known",
      timeoutMs: 10_000,
    });
    api.clock.advance(5 * MINUTE_MS);
    expect(await retire(5 * MINUTE_MS)).toEqual(ended);
    expect(await verdict(old)).toBe("REVOKED");
    expect(await verdict(current)).toBe("VALID");
    // Again: nothing is left to end, and nothing more is in the audit.
    expect(await retire(5 * MINUTE_MS)).toEqual(ended);
    const { entries } = await admin.audit.list({ action: "delivery.retire" });
    expect(entries).toHaveLength(1);
  });

  test("another revision than the one that was looked at is left alone", async () => {
    await using started = await start(kind);
    const { api, old, current, deliver, retire, verdict } = started;
    api.clock.advance(10 * MINUTE_MS);
    expect(await retire(MINUTE_MS, 2)).toEqual(ended);
    expect([await verdict(old), await verdict(current)]).toEqual(["VALID", "VALID"]);
    await deliver(aSecret(), 3);
    api.clock.advance(10 * MINUTE_MS);
    expect(await retire(MINUTE_MS, 1)).toEqual(ended);
    expect(await verdict(current)).toBe("VALID");
  });
});
