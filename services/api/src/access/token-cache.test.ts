import { DomainError, type ManagementToken } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { expect, test } from "vitest";

import { createMemory } from "../revocation/memory.ts";
import { createCachedAuthenticate } from "./token-cache.ts";

const aToken = (overrides: Partial<ManagementToken> = {}): ManagementToken => ({
  id: "tok_01kb0000000000000000000000",
  name: "ci",
  role: "operator",
  workspaceId: null,
  clusterId: null,
  digest: new Uint8Array(32),
  pepperVersion: 1,
  displayPrefix: "itsy_mt_abcd",
  expiresAt: null,
  revokedAt: null,
  leakedAt: null,
  createdAt: new Date(0),
  ...overrides,
});

const started = (findToken: () => Promise<ManagementToken>, graceMs = 0) => {
  const clock = createFakeClock();
  const { tokens: cache, all } = createMemory({ entriesMax: 10, bytesMax: 10_000, graceMs });
  all.trustUntil(graceMs > 0 ? clock.monotonicMs() + 1000 : Number.POSITIVE_INFINITY);
  const authenticate = createCachedAuthenticate({
    clock,
    findToken,
    cache,
    monotonicMs: clock.monotonicMs,
    isCutOff: () => false,
    peppers: { current: 1 },
    onOldPepper: () => undefined,
  });
  return { clock, all, authenticate };
};

const refused = () => Promise.reject(new DomainError("UNAUTHENTICATED", "no"));

test("a token is read once and then answered at once", async () => {
  let reads = 0;
  const cache = started(() => {
    reads += 1;
    return Promise.resolve(aToken());
  });
  const actor = await cache.authenticate("a");
  expect(actor).toEqual({ kind: "installation", tokenId: aToken().id, role: "operator" });
  expect(cache.authenticate("a")).toBe(actor);
  expect(reads).toBe(1);
});

test("a token that was revoked while it was read is not remembered", async () => {
  const reading = Promise.withResolvers<ManagementToken>();
  const answers = [() => reading.promise, refused];
  const cache = started(() => (answers.shift() ?? refused)());
  const slow = cache.authenticate("a");
  cache.all.evict([aToken().id]);
  reading.resolve(aToken());
  await slow;
  await expect(cache.authenticate("a")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("a token that expires in memory is not accepted from memory", async () => {
  const expiresAt = new Date(createFakeClock().now().getTime() + 1000);
  const answers = [() => Promise.resolve(aToken({ expiresAt })), refused];
  const { clock, ...cache } = started(() => (answers.shift() ?? refused)());
  await cache.authenticate("a");
  clock.advance(999);
  expect(cache.authenticate("a")).not.toBeInstanceOf(Promise);
  clock.advance(1);
  await expect(cache.authenticate("a")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("in the grace a token is remembered where nobody can be asked, and refused where somebody says so", async () => {
  const silent = () => Promise.reject(new Error("no answer"));
  const answers = [() => Promise.resolve(aToken()), silent, refused, silent];
  const { clock, ...cache } = started(() => (answers.shift() ?? refused)(), 500);
  const actor = await cache.authenticate("a");
  clock.advance(1000);
  expect(await cache.authenticate("a")).toBe(actor);
  await expect(cache.authenticate("a")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  clock.advance(500);
  await expect(cache.authenticate("a")).rejects.toThrow("no answer");
});

test("a refused token is not remembered", async () => {
  const answers = [refused, () => Promise.resolve(aToken())];
  const cache = started(() => (answers.shift() ?? refused)());
  await expect(cache.authenticate("a")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  expect(await cache.authenticate("a")).toMatchObject({ role: "operator" });
});

test("a token that was revoked is asked for again, and without a lease every one is", async () => {
  const answers = [() => Promise.resolve(aToken()), () => Promise.resolve(aToken()), refused];
  const cache = started(() => (answers.shift() ?? refused)());
  await cache.authenticate("a");
  cache.all.evict(["tok_of_another"]);
  expect(cache.authenticate("a")).not.toBeInstanceOf(Promise);
  cache.all.evict([aToken().id]);
  await cache.authenticate("a");
  cache.all.distrust();
  await expect(cache.authenticate("a")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});
