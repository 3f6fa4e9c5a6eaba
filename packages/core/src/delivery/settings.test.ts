import { expect, test } from "vitest";

import type { ApiKey } from "../entities.ts";
import { columnsOf, differs, settingsOf } from "./settings.ts";

const now = new Date("2027-01-01T00:00:00Z");
const before = new Date("2026-01-01T00:00:00Z");
const settings = {
  name: "Website",
  requestsPerMinute: 60,
  expiresAt: null,
  paused: false,
  permissions: [],
  ipRules: [],
};
const key = { ...settings, pausedAt: null, pausedBy: null } as unknown as ApiKey;

test("settings that a key has already differ in nothing", () => {
  expect(differs(key, settings)).toBe(false);
  const expiring = { ...key, expiresAt: new Date("2027-06-01T00:00:00Z") };
  expect(differs(expiring, settingsOf(expiring))).toBe(false);
  expect(differs(expiring, { ...settings, expiresAt: "2027-06-01T02:00:00+02:00" })).toBe(false);
});

test("every field is noticed", () => {
  expect(differs(key, { ...settings, name: "Other" })).toBe(true);
  expect(differs(key, { ...settings, requestsPerMinute: 61 })).toBe(true);
  expect(differs(key, { ...settings, expiresAt: "2027-06-01T00:00:00Z" })).toBe(true);
  expect(differs(key, { ...settings, paused: true })).toBe(true);
  expect(differs(key, { ...settings, permissions: ["*"] })).toBe(true);
  expect(differs(key, { ...settings, ipRules: ["10.0.0.0/8"] })).toBe(true);
});

test("permissions and IP rules are sets: their order is no difference", () => {
  const having = { ...key, permissions: ["a", "b"], ipRules: ["10.0.0.0/8", "::/0"] };
  const wanted = { ...settings, permissions: ["b", "a"], ipRules: ["::/0", "10.0.0.0/8"] };
  expect(differs(having, wanted)).toBe(false);
  expect(columnsOf(wanted, null, now)).toMatchObject({ permissions: ["a", "b"], ipRules: ["10.0.0.0/8", "::/0"] });
  expect(differs(having, { ...wanted, permissions: ["a"] })).toBe(true);
});

test("a pause by a person is not the manifest's to lift, nor to take over", () => {
  const paused: ApiKey = { ...key, pausedAt: before, pausedBy: "person" };
  for (const wanted of [true, false]) {
    expect(columnsOf({ ...settings, paused: wanted }, paused, now)).toMatchObject({
      pausedAt: before,
      pausedBy: "person",
    });
    expect(differs(paused, { ...settings, paused: wanted })).toBe(false);
  }
});

test("pausing again keeps the instant of the first pause", () => {
  const paused: ApiKey = { ...key, pausedAt: before, pausedBy: "manifest" };
  expect(columnsOf({ ...settings, paused: true }, paused, now)).toMatchObject({ pausedAt: before });
  expect(columnsOf(settings, paused, now)).toMatchObject({ pausedAt: null, pausedBy: null });
});
