import type { RefusalCode } from "@itsy/contract";
import { describe, expect, test } from "vitest";

import { aStoredRecord } from "../../test/stored-record.ts";
import type { IpRules, VerificationRecord } from "../ports.ts";
import { firstRefusal } from "./checks.ts";

const now = new Date("2027-01-01T00:00:00Z");
const past = new Date("2026-12-31T23:59:59Z");
const future = new Date("2027-01-01T00:00:01Z");

/** Rules that hold some addresses; which ones is the port's business. */
const office: IpRules = { allow: (ip) => ip.startsWith("10."), networks: 1 };

const refusal = (record: Partial<VerificationRecord>, required = {}, workspaceId = "ws_1") =>
  firstRefusal({ record: aStoredRecord(record), required, workspaceId, now });

describe("a stored secret", () => {
  test.each([
    ["is accepted while nothing speaks against it", {}, null],
    ["is accepted during its overlap", { validUntil: future }, null],
    ["is accepted until it expires", { expiresAt: future }, null],
    ["is refused once its key is revoked", { revokedAt: past }, "REVOKED"],
    ["is refused at the very instant its version ends", { validUntil: now }, "REVOKED"],
    ["is refused while its key is paused", { pausedAt: past }, "PAUSED"],
    ["is refused at the very instant its key expires", { expiresAt: now }, "EXPIRED"],
    ["names what is final first: revoked before paused", { revokedAt: past, pausedAt: past }, "REVOKED"],
    ["names paused before expired", { pausedAt: past, expiresAt: past }, "PAUSED"],
  ] as const)("%s", (_guarantee, record, expected) => {
    expect(refusal(record)).toBe(expected);
  });
});

test("a key of another workspace does not exist, whatever its state", () => {
  expect(refusal({ revokedAt: past }, {}, "ws_2")).toBe("NOT_FOUND");
});

const reason = {
  "of another workspace": { workspaceId: "ws_2", refusal: "NOT_FOUND" },
  revoked: { record: { revokedAt: past }, refusal: "REVOKED" },
  "of an ended version": { record: { validUntil: past }, refusal: "REVOKED" },
  paused: { record: { pausedAt: past }, refusal: "PAUSED" },
  expired: { record: { expiresAt: past }, refusal: "EXPIRED" },
  "of another environment": { required: { environment: "preview" }, refusal: "FORBIDDEN" },
  "of another project": { required: { project: "other" }, refusal: "FORBIDDEN" },
  "from elsewhere": {
    record: { ipRules: office },
    required: { ip: "192.0.2.1" },
    refusal: "FORBIDDEN",
  },
  "not permitted": { required: { permissions: ["files:read"] }, refusal: "INSUFFICIENT_PERMISSIONS" },
} as const satisfies Record<string, { record?: object; required?: object; workspaceId?: string; refusal: RefusalCode }>;

const reasons = Object.keys(reason) as (keyof typeof reason)[];

test("of any reasons to refuse a key the first is told, in the order of the promise", () => {
  for (let chosen = 0; chosen < 2 ** reasons.length; chosen++) {
    const present = reasons.filter((_, index) => (chosen >> index) % 2 === 1);
    const all = present.map((name) => ({ record: {}, required: {}, workspaceId: "ws_1", ...reason[name] }));
    const record = Object.assign({}, ...all.map((one) => one.record)) as Partial<VerificationRecord>;
    const required = Object.assign({}, ...all.map((one) => one.required)) as object;
    const workspaceId = present.includes("of another workspace") ? "ws_2" : "ws_1";
    expect([present, refusal(record, required, workspaceId)]).toEqual([present, all[0]?.refusal ?? null]);
  }
});

describe("a key with IP rules", () => {
  const record = { ipRules: office };
  test.each([
    ["is accepted from a network of them", { ip: "10.1.2.3" }, null],
    ["is refused from elsewhere", { ip: "192.0.2.1" }, "FORBIDDEN"],
    ["is refused when nobody says from where it comes", {}, "FORBIDDEN"],
  ] as const)("%s", (_guarantee, required, expected) => {
    expect(refusal(record, required)).toBe(expected);
  });
  test("without them a key is accepted from everywhere", () => {
    expect(refusal({}, { ip: "192.0.2.1" })).toBeNull();
  });
});

test("a key needs all the permissions that are required, and none when none are", () => {
  const record = { permissions: new Set(["files:*", "billing"]) };
  expect(refusal(record, { permissions: ["files:read", "billing"] })).toBeNull();
  expect(refusal(record, { permissions: ["files:read", "admin"] })).toBe("INSUFFICIENT_PERMISSIONS");
  expect(refusal({}, { permissions: ["files:read"] })).toBe("INSUFFICIENT_PERMISSIONS");
  expect(refusal({}, { permissions: [] })).toBeNull();
  expect(refusal({})).toBeNull();
});

test("the caller may require an environment and a project", () => {
  expect(refusal({}, { environment: "production", project: "default" })).toBeNull();
  expect(refusal({}, { environment: "preview" })).toBe("FORBIDDEN");
  expect(refusal({}, { project: "other" })).toBe("FORBIDDEN");
});
