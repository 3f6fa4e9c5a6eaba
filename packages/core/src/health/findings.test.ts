import { expect, test } from "vitest";

import { findingsOf, type HealthFacts } from "./findings.ts";

const now = new Date("2027-01-31T00:00:00Z");
const daysAgo = (days: number) => new Date(now.getTime() - days * 24 * 60 * 60 * 1000);
const terms = { idleDays: 30, expiresWithinDays: 14, pepperCurrent: 2 };
const well = {
  createdAt: daysAgo(100),
  lastUsedAt: daysAgo(1),
  expiresAt: daysAgo(-15),
  pausedAt: null,
  revokedAt: null,
};
const facts = (key: Partial<HealthFacts["key"]>, more: Partial<HealthFacts> = {}): HealthFacts => ({
  key: { ...well, ...key },
  versions: [{ pepperVersion: 2, leakedAt: null }],
  accepted: 1000,
  rateLimited: 0,
  oldVersionUsedAt: null,
  now,
  ...more,
});
const old = { pepperVersion: 1, leakedAt: null };
const leaked = { pepperVersion: 2, leakedAt: now };

test.each([
  ["nothing, where all is well", facts({}), []],
  ["a leak", facts({}, { versions: [leaked, old] }), ["LEAKED", "OLD_PEPPER"]],
  ["an old version in use", facts({}, { oldVersionUsedAt: daysAgo(0.99) }), ["OLD_VERSION_IN_USE"]],
  ["not one that nobody used for a day", facts({}, { oldVersionUsedAt: daysAgo(1) }), []],
  ["an end that is near", facts({ expiresAt: daysAgo(-14) }), ["EXPIRES_SOON"]],
  ["no end", facts({ expiresAt: null }), ["NEVER_EXPIRES"]],
  ["a key that nobody ever used", facts({ lastUsedAt: null }), ["NEVER_USED"]],
  ["not that of today", facts({ lastUsedAt: null, createdAt: daysAgo(0.9) }), []],
  ["one that nobody uses any more", facts({ lastUsedAt: daysAgo(30) }), ["IDLE"]],
  ["not one that was used 29 days ago", facts({ lastUsedAt: daysAgo(29.9) }), []],
  ["an old pepper", facts({}, { versions: [old] }), ["OLD_PEPPER"]],
  ["refusals that are many", facts({}, { accepted: 190, rateLimited: 10 }), ["OVER_LIMIT_OFTEN"]],
  ["not a few", facts({}, { accepted: 0, rateLimited: 9 }), []],
  ["not a small share", facts({}, { accepted: 1000, rateLimited: 50 }), []],
  ["all of a paused key", facts({ pausedAt: now, expiresAt: null }), ["NEVER_EXPIRES"]],
  ["nothing in a revoked key", facts({ revokedAt: now, lastUsedAt: null }, { versions: [old, leaked] }), []],
  ["little in an expired key", facts({ expiresAt: now, lastUsedAt: null }, { oldVersionUsedAt: now }), []],
  ["what counts when it comes back", facts({ expiresAt: now }, { versions: [old, leaked] }), ["LEAKED", "OLD_PEPPER"]],
])("finds %s", (_what, given, findings) => {
  expect(findingsOf(given, terms)).toEqual(findings);
});
