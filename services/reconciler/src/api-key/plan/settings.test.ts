import { describe, expect, test } from "vitest";

import { aKey, anApiKey, anObserved } from "../../../test/an-observed.ts";
import { actionOf, planned } from "../../../test/planned.ts";

describe("settings", () => {
  test.each([
    ["name", { displayName: "Other" }],
    ["rate limit", { rateLimit: { requestsPerMinute: 5 } }],
    ["expiry", { expiresAt: "2030-01-01T00:00:00Z" }],
    ["pause", { paused: true }],
    ["set of permissions", { permissions: ["files:read"] }],
    ["set of IP rules", { ipRules: ["10.0.0.0/8"] }],
  ])("another %s in the manifest is configured", (_what, spec) => {
    expect(actionOf(planned(anObserved({ apiKey: anApiKey({ spec }) })))).toEqual({ type: "configure" });
  });
  test("the same instant in another spelling is no difference", () => {
    const settings = { ...aKey().settings, expiresAt: "2030-01-01T00:00:00.000Z" };
    const apiKey = anApiKey({ spec: { expiresAt: "2030-01-01T01:00:00+01:00" } });
    expect(actionOf(planned(anObserved({ apiKey, view: { key: aKey({ settings }) } })))).toBeNull();
  });
  test("the same permissions and IP rules in another order are no difference", () => {
    const settings = { ...aKey().settings, permissions: ["a", "b"], ipRules: ["10.0.0.0/8", "::/0"] };
    const spec = { permissions: ["b", "a"], ipRules: ["::/0", "10.0.0.0/8"] };
    const view = { key: aKey({ settings }) };
    expect(actionOf(planned(anObserved({ apiKey: anApiKey({ spec }), view })))).toBeNull();
    for (const less of [{ permissions: ["a"] }, { ipRules: ["::/0"] }]) {
      const apiKey = anApiKey({ spec: { ...spec, ...less } });
      expect(actionOf(planned(anObserved({ apiKey, view })))).toEqual({ type: "configure" });
    }
  });
  test("a later expiry is configured although the key has expired", () => {
    const settings = { ...aKey().settings, expiresAt: "2026-01-01T00:00:00Z" };
    const apiKey = anApiKey({ spec: { expiresAt: "2030-01-01T00:00:00Z" } });
    const observed = anObserved({ apiKey, view: { key: aKey({ settings, status: "expired" }) } });
    expect(actionOf(planned(observed))).toEqual({ type: "configure" });
  });
  test("a person's pause is not lifted", () => {
    const key = aKey({ status: "paused", pausedByPerson: true });
    expect(actionOf(planned(anObserved({ view: { key } })))).toBeNull();
  });
});
