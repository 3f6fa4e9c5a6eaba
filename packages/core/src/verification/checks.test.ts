import { describe, expect, test } from "vitest";

import type { VerificationRecord } from "../ports.ts";
import { firstRefusal } from "./checks.ts";

const now = new Date("2027-01-01T00:00:00Z");
const past = new Date("2026-12-31T23:59:59Z");
const future = new Date("2027-01-01T00:00:01Z");

const good: VerificationRecord = {
  keyId: "key_1",
  versionId: "ver_1",
  projectId: "prj_1",
  workspaceId: "ws_1",
  workspace: "acme",
  project: "default",
  environment: "production",
  name: "Website",
  owner: null,
  metadata: {},
  requestsPerMinute: 60,
  expiresAt: null,
  pausedAt: null,
  revokedAt: null,
  validUntil: null,
  retiring: false,
};

const refusal = (record: Partial<VerificationRecord>, required = {}, workspaceId = "ws_1") =>
  firstRefusal({ record: { ...good, ...record }, required, workspaceId, now });

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

test("the caller may require an environment and a project", () => {
  expect(refusal({}, { environment: "production", project: "default" })).toBeNull();
  expect(refusal({}, { environment: "preview" })).toBe("FORBIDDEN");
  expect(refusal({}, { project: "other" })).toBe("FORBIDDEN");
});
