import { createSecretFormat, generateSecret } from "@itsy/key-format";
import { describe, expect, test } from "vitest";

import { createMemoryRateStore } from "../../test/rate-limit/memory-store.ts";
import type { WorkspaceActor } from "../access/actor.ts";
import type { VerificationRecord } from "../ports.ts";
import { createLeasedRateLimiter } from "../rate-limit/leased-limiter.ts";
import type { CountedRequest } from "../usage/usage-counter.ts";
import { createIpRules } from "./ip-rules.ts";
import { createVerify } from "./verify.ts";

const secret = generateSecret({ environment: "production" });
const actor = { kind: "workspace", workspaceId: "ws_1" } as WorkspaceActor;

const verifying = (record: Partial<VerificationRecord> = {}) => {
  const stored: VerificationRecord = {
    keyId: "key_1",
    versionId: "ver_1",
    projectId: "prj_1",
    retiring: false,
    pepperVersion: 1,
    workspaceId: "ws_1",
    workspace: "acme",
    project: "default",
    environment: "production",
    name: "Website",
    owner: null,
    metadata: {},
    permissions: new Set(["files:read"]),
    ipRules: createIpRules(["10.0.0.0/8"]),
    requestsPerMinute: 10,
    expiresAt: null,
    pausedAt: null,
    revokedAt: null,
    validUntil: null,
    ...record,
  };
  const counted: CountedRequest[] = [];
  const verify = createVerify({
    format: createSecretFormat({ brand: "itsy" }),
    records: { find: () => stored },
    limiter: createLeasedRateLimiter({
      store: createMemoryRateStore(() => 1_800_000_000_000),
      monotonicMs: () => 0,
      random: () => 0,
      schedule: () => () => undefined,
    }),
    usage: { count: (_of, request) => void counted.push(request) },
    clock: { now: () => new Date("2027-01-01T00:00:00Z") },
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

test("the answer tells the permissions of the key", async () => {
  expect(await verifying()()).toMatchObject({ permissions: ["files:read"] });
});
