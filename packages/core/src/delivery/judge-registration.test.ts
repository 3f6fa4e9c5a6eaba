import { describe, expect, test } from "vitest";

import type { ApiKey, SecretVersion } from "../entities.ts";
import { judgeRegistration, type Registration } from "./judge-registration.ts";

const now = new Date("2027-01-01T00:00:00Z");
const ahead = new Date("2027-01-01T01:00:00Z");
const past = new Date("2026-12-31T00:00:00Z");

/** Revision 3 is current, revision 4 is registered and open. */
const key: ApiKey = {
  id: "key_1",
  workspaceId: "ws_1",
  projectId: "prj_1",
  name: "Website",
  environment: "production",
  requestsPerMinute: 60,
  expiresAt: null,
  pausedAt: null,
  pausedBy: null,
  revokedAt: null,
  lastUsedAt: null,
  revision: 3,
  latestRevision: 4,
  displayPrefix: null,
  owner: null,
  metadata: {},
  permissions: [],
  ipRules: [],
  createdAt: past,
  updatedAt: past,
  version: 7,
};
const version = (facts: Partial<SecretVersion>): SecretVersion => ({
  id: "ver_1",
  keyId: key.id,
  revision: 4,
  digest: new Uint8Array(32),
  pepperVersion: 1,
  displayPrefix: "itsy_production_sk_abcd",
  createdAt: past,
  confirmedAt: null,
  lastUsedAt: null,
  validUntil: ahead,
  leakedAt: null,
  ...facts,
});
const open = version({});
const judge = (facts: Partial<Registration>) =>
  judgeRegistration({ key, known: null, valid: [open], revision: 4, replaceRevoked: false, now, ...facts });

describe("the same digest again is the same version", () => {
  test("while it is open, its deadline moves", () => expect(judge({ known: open })).toBe("extend"));
  test("once the other candidate of its revision is confirmed, it is behind", () =>
    expect(judge({ key: { ...key, revision: 4 }, known: open })).toBe("superseded"));
  test("once confirmed, it says so", () =>
    expect(judge({ known: version({ confirmedAt: past, validUntil: null }) })).toBe("confirmed"));
  test("after its deadline, it is dead", () =>
    expect(judge({ known: version({ validUntil: past }), valid: [] })).toBe("expired"));
  test("a version that was current before is not brought back", () =>
    expect(judge({ known: version({ confirmedAt: past, validUntil: ahead }) })).toBe("superseded"));
  test("under another revision it is refused", () => expect(judge({ known: open, revision: 5 })).toBe("superseded"));
  test("of another key it is refused", () => expect(judge({ known: version({ keyId: "key_2" }) })).toBe("superseded"));
});

describe("another digest", () => {
  test("of the next revision is added", () => expect(judge({ revision: 5 })).toBe("add"));
  test("of an open revision is a second candidate", () => expect(judge({})).toBe("add"));
  test("of a revision whose deadline passed is behind", () => expect(judge({ valid: [] })).toBe("superseded"));
  test("of a confirmed revision is behind", () => expect(judge({ revision: 3 })).toBe("superseded"));
  test("of an earlier revision is behind", () => expect(judge({ revision: 2 })).toBe("superseded"));
});

describe("a revoked key", () => {
  const revoked = { ...key, revokedAt: past };
  test("stays revoked", () => expect(judge({ key: revoked, revision: 5 })).toBe("revoked"));
  test("is replaced on request, by a later revision only", () => {
    expect(judge({ key: revoked, revision: 5, replaceRevoked: true })).toBe("replace");
    expect(judge({ key: revoked, revision: 4, replaceRevoked: true })).toBe("revoked");
  });
});

describe("an owner without a key", () => {
  test("gets one", () => expect(judge({ key: null, valid: [], revision: 1 })).toBe("create"));
  test("does not get a secret that belongs to another key", () =>
    expect(judge({ key: null, known: open })).toBe("superseded"));
});
