import type { DeliverySettings } from "@itsy/contract";
import { describe, expect, test } from "vitest";

import { restrictedSettings } from "./settings.ts";

const actual: DeliverySettings = {
  name: "Website",
  requestsPerMinute: 60,
  expiresAt: "2027-01-01T00:00:00.000Z",
  paused: false,
  permissions: ["files:*", "exports:read"],
  ipRules: ["10.0.0.0/8", "2001:db8::/32"],
};
const restricted = (change: Partial<DeliverySettings>, has: Partial<DeliverySettings> = {}, pausedByPerson = false) =>
  restrictedSettings({ wanted: { ...actual, ...change }, actual: { ...actual, ...has }, pausedByPerson });

describe("only what takes something away", () => {
  test.each<[string, Partial<DeliverySettings>, Partial<DeliverySettings>]>([
    ["a lower rate", { requestsPerMinute: 5 }, { requestsPerMinute: 5 }],
    ["an earlier end", { expiresAt: "2026-01-01T00:00:00.000Z" }, { expiresAt: "2026-01-01T00:00:00.000Z" }],
    ["a pause", { paused: true }, { paused: true }],
    ["fewer permissions", { permissions: ["files:*"] }, { permissions: ["files:*"] }],
    ["none", { permissions: [] }, { permissions: [] }],
    ["a narrower permission", { permissions: ["files:read", "admin"] }, { permissions: ["files:read"] }],
    ["a narrower network", { ipRules: ["10.1.0.0/16", "192.168.0.0/16"] }, { ipRules: ["10.1.0.0/16"] }],
    ["one of IPv6", { ipRules: ["2001:db8:1::/48"] }, { ipRules: ["2001:db8:1::/48"] }],
    ["together with what gives more", { name: "Other", requestsPerMinute: 600, paused: true }, { paused: true }],
  ])("%s is sent", (_what, wanted, sent) => {
    expect(restricted(wanted)).toEqual({ ...actual, ...sent });
  });
  test("rules where there were none are sent", () => {
    expect(restricted({}, { ipRules: [] })).toEqual(actual);
  });
  test.each<[string, Partial<DeliverySettings>, Partial<DeliverySettings>]>([
    ["a higher rate", { requestsPerMinute: 600 }, {}],
    ["a later end", { expiresAt: "2028-01-01T00:00:00.000Z" }, {}],
    ["no end", { expiresAt: null }, {}],
    ["an end of a pause", {}, { paused: true }],
    ["more permissions", { permissions: [...actual.permissions, "admin"] }, {}],
    ["a wider permission", { permissions: ["*"] }, {}],
    ["a wider network", { ipRules: ["10.0.0.0/7", "2001:db8::/32", "192.168.0.0/16"] }, {}],
    ["no rule: from everywhere", { ipRules: [] }, {}],
    ["another network, which would leave no rule", { ipRules: ["192.168.0.0/16"] }, {}],
    ["another name", { name: "Other" }, {}],
  ])("%s is not", (_what, wanted, has) => {
    expect(restricted(wanted, has)).toBeNull();
  });
  test("a person's pause is left alone", () => {
    expect(restricted({ paused: true }, {}, true)).toBeNull();
  });
});
