import { describe, expect, test } from "vitest";

import type { ApiKey, Binding, SecretVersion } from "../entities.ts";
import { type Adoption, judgeAdoption } from "./judge-adoption.ts";

const now = new Date("2027-01-01T00:00:00Z");
const ahead = new Date("2027-01-01T01:00:00Z");
const past = new Date("2026-12-31T00:00:00Z");

const key = { id: "key_1", projectId: "prj_1", environment: "production", revokedAt: null } as ApiKey;
const version = { id: "ver_1", keyId: key.id, confirmedAt: past, validUntil: null } as unknown as SecretVersion;
const owner = { clusterId: "cl_1", namespace: "shop", name: "website" };
const holder: Binding = { ...owner, ownerUid: "old", keyId: key.id, releasedAt: null };
const own: Binding = { ...holder, ownerUid: "new" };

const judge = (facts: Partial<Adoption>) =>
  judgeAdoption({
    key,
    version,
    own: null,
    holder,
    owner,
    projectId: "prj_1",
    environment: "production",
    now,
    ...facts,
  });

describe("an object of the same name in the same place takes the key over", () => {
  test.each([
    ["current", version],
    ["on its way out", { ...version, validUntil: ahead }],
    ["published and not confirmed", { ...version, confirmedAt: null, validUntil: ahead }],
  ])("with a value that is %s", (_what, held) => expect(judge({ version: held })).toBe("adopt"));
  test("and is told so again", () => expect(judge({ own, holder: own })).toBe("adopted"));
});

describe("refused", () => {
  const cases: readonly (readonly [string, Partial<Adoption>])[] = [
    ["a value that has ended", { version: { ...version, validUntil: past } }],
    ["a revoked key", { key: { ...key, revokedAt: past } }],
    ["a copy of the Secret in another namespace", { owner: { ...owner, namespace: "other" } }],
    ["a copy of the Secret under another ApiKey", { owner: { ...owner, name: "other" } }],
    ["a copy of the Secret in another cluster", { owner: { ...owner, clusterId: "cl_2" } }],
    ["a key that its owner released, or that people made", { holder: null }],
    ["another project", { projectId: "prj_2" }],
    ["a project that is not there", { projectId: null }],
    ["another environment", { environment: "local" }],
    ["an owner that has another key", { own: { ...own, keyId: "key_2" } }],
    ["an owner that was released", { own: { ...own, releasedAt: past } }],
  ];
  test.each(cases)("%s", (_what, facts) => expect(judge(facts)).toBe("refused"));
});
