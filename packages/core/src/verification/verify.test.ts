import type { Quota } from "@itsy/contract";
import { createSecretFormat, generateSecret } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { createMemoryRateStore } from "../../test/rate-limit/memory-store.ts";
import { aStoredRecord } from "../../test/stored-record.ts";
import type { WorkspaceActor } from "../access/actor.ts";
import type { VerificationRecord } from "../ports.ts";
import { createLeasedRateLimiter } from "../rate-limit/leased-limiter.ts";
import { createQuotaLedger } from "../usage/quota-ledger.ts";
import type { CountedRequest } from "../usage/usage-counter.ts";
import { createVerify } from "./verify.ts";

const secret = generateSecret({ environment: "production" });
const otherSecret = generateSecret({ environment: "production" });
const actor = { kind: "workspace", workspaceId: "ws_1" } as WorkspaceActor;

const verifying = (record: Partial<VerificationRecord> = {}, quota: Quota | null = null) => {
  const stored = aStoredRecord({
    permissions: new Set(["files:read"]),
    ipRules: { networks: 1, allow: (ip) => ip.startsWith("10.") },
    requestsPerMinute: 10,
    ...record,
  });
  const counted: CountedRequest[] = [];
  const now = new Date("2027-01-01T00:00:00Z");
  const quotas = createQuotaLedger({ onStale: () => undefined });
  quotas.learn([{ workspaceId: "ws_1", workspace: "acme", quota, cost: 0, toldPercent: 0 }], now);
  const verify = createVerify({
    format: createSecretFormat({ brand: "itsy" }),
    records: {
      find: (presented) => (presented === secret ? stored : { ...stored, keyId: "key_2", requestsPerMinute: 1000 }),
    },
    limiter: createLeasedRateLimiter({
      store: createMemoryRateStore(() => 1_800_000_000_000),
      monotonicMs: () => 0,
      random: () => 0,
      schedule: () => () => undefined,
    }),
    quotas,
    usage: { count: (_of, request) => void counted.push(request) },
    clock: { now: () => now },
  });
  const ask = (required: object = {}) => verify(actor, { secret, ip: "10.0.0.1", ...required });
  return Object.assign(ask, { counted });
};

describe("a request counts as much as it costs", () => {
  test("one that is accepted takes its cost, one that is refused nothing", async () => {
    const ask = verifying();
    expect(await ask({ cost: 6 })).toMatchObject({ valid: true, rateLimit: { limit: 10, remaining: 4 } });
    expect(await ask({ cost: 5 })).toMatchObject({ valid: false, code: "RATE_LIMITED", rateLimit: { remaining: 4 } });
    expect(await ask({ cost: 5, permissions: ["admin"] })).toEqual({ valid: false, code: "INSUFFICIENT_PERMISSIONS" });
    expect(await ask({ cost: 5, ip: "192.0.2.1" })).toEqual({ valid: false, code: "FORBIDDEN" });
    expect(await ask({ cost: 4, permissions: ["files:read"] })).toMatchObject({ rateLimit: { remaining: 0 } });
    expect(ask.counted.map(({ outcome, cost }) => [outcome, cost])).toEqual([
      ["VALID", 6],
      ["RATE_LIMITED", 5],
      ["INSUFFICIENT_PERMISSIONS", 5],
      ["FORBIDDEN", 5],
      ["VALID", 4],
    ]);
  });

  test("left out, it is 1", async () => {
    expect(await verifying()()).toMatchObject({ rateLimit: { remaining: 9 } });
  });

  test("one above the limit is refused, and nobody is told that waiting helps", async () => {
    const ask = verifying();
    const refused = (remaining: number) => ({
      valid: false,
      code: "RATE_LIMITED",
      rateLimit: { limit: 10, remaining, resetMs: expect.any(Number) },
    });
    expect(await ask({ cost: 11 })).toEqual(refused(10));
    expect(await ask({ cost: 10 })).toMatchObject({ valid: true });
    expect(await ask({ cost: 11 })).toEqual(refused(0));
    // The other reasons come first.
    expect(await ask({ cost: 11, permissions: ["admin"] })).toMatchObject({ code: "INSUFFICIENT_PERMISSIONS" });
  });
});

test("no promise is made while permits, or a refusal, are at hand", async () => {
  const hot = verifying({ requestsPerMinute: 1_000_000 });
  for (let times = 0; times < 50; times++) await hot();
  expect(hot()).toMatchObject({ valid: true });
  const limited = verifying({ requestsPerMinute: 2 });
  for (let times = 0; times < 3; times++) await limited();
  expect(limited()).toMatchObject({ valid: false, code: "RATE_LIMITED" });
});

test("the answer tells the permissions of the key", async () => {
  expect(await verifying()()).toMatchObject({ permissions: ["files:read"] });
});

describe("the quota of the workspace", () => {
  const DAY_MS = 24 * 60 * 60 * 1000;

  test("refuses what is beyond it until the month is over, and then draws nothing from the rate limit", async () => {
    const ask = verifying({}, { perMonth: 7, mode: "block" });
    expect(await ask({ cost: 6 })).toMatchObject({ valid: true });
    expect(await ask({ cost: 2 })).toEqual({ valid: false, code: "QUOTA_EXCEEDED", retryAfterMs: 31 * DAY_MS });
    expect(await ask()).toMatchObject({ valid: true, rateLimit: { remaining: 3 } });
    // Both would refuse: the one that lasts is told.
    expect(await ask({ cost: 9 })).toMatchObject({ code: "QUOTA_EXCEEDED" });
    expect(await ask({ permissions: ["admin"] })).toMatchObject({ code: "INSUFFICIENT_PERMISSIONS" });
    expect(ask.counted.map(({ outcome }) => outcome)).toEqual([
      "VALID",
      "QUOTA_EXCEEDED",
      "VALID",
      "QUOTA_EXCEEDED",
      "INSUFFICIENT_PERMISSIONS",
    ]);
  });

  test("refuses a request that costs more than a whole month, and nobody is told that waiting helps", async () => {
    const ask = verifying({ requestsPerMinute: 10 }, { perMonth: 7, mode: "block" });
    expect(await ask({ cost: 8 })).toEqual({ valid: false, code: "QUOTA_EXCEEDED" });
    expect(await ask({ cost: 7 })).toMatchObject({ valid: true });
    expect(await ask({ cost: 8 })).toEqual({ valid: false, code: "QUOTA_EXCEEDED" });
    expect(await ask({ cost: 7 })).toEqual({ valid: false, code: "QUOTA_EXCEEDED", retryAfterMs: 31 * DAY_MS });
  });

  test("is not touched by what the rate limit refuses", async () => {
    const ask = verifying({}, { perMonth: 12, mode: "block" });
    expect(await ask({ cost: 8 })).toMatchObject({ valid: true });
    for (let time = 0; time < 5; time += 1) expect(await ask({ cost: 4 })).toMatchObject({ code: "RATE_LIMITED" });
    expect(await ask({ cost: 2 })).toMatchObject({ valid: true });
  });

  test("is not used up by requests of which the rate limit has yet to decide", async () => {
    const ask = verifying({ requestsPerMinute: 1 }, { perMonth: 300, mode: "block" });
    const hammering = Array.from({ length: 500 }, async () => ask());
    const others = Array.from({ length: 10 }, async () => ask({ secret: otherSecret }));
    for (const other of others) expect(await other).toMatchObject({ valid: true });
    const answers = await Promise.all(hammering);
    expect(answers.filter(({ valid }) => valid)).toHaveLength(1);
    expect(answers.filter((answer) => !answer.valid && answer.code !== "RATE_LIMITED")).toEqual([]);
    // Each of them gave back what it took.
    expect(await ask({ secret: otherSecret, cost: 290 })).toMatchObject({ code: "QUOTA_EXCEEDED" });
    expect(await ask({ secret: otherSecret, cost: 289 })).toMatchObject({ valid: true });
  });

  test("is never exceeded by requests that come at once, and refused ones take no permit", async () => {
    const ask = verifying({ requestsPerMinute: 1000 }, { perMonth: 40, mode: "block" });
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => ask(index % 2 === 0 ? {} : { secret: otherSecret })),
    );
    expect(answers.filter(({ valid }) => valid)).toHaveLength(40);
    const codes = answers.map((answer) => (answer.valid ? "VALID" : answer.code));
    expect(new Set(codes)).toEqual(new Set(["VALID", "QUOTA_EXCEEDED"]));
  });

  test("only tells, in the mode notify", async () => {
    const ask = verifying({}, { perMonth: 1, mode: "notify" });
    for (let time = 0; time < 5; time += 1) expect(await ask()).toMatchObject({ valid: true });
  });
});
