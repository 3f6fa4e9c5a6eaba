import { type AuditEntry, createPurgeAudit } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { createUlidSource } from "../src/adapters/ids.ts";
import { parseSettings } from "../src/env.ts";
import { databaseKinds, openFreshDatabase } from "./database/fresh-database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const RETENTION_DAYS = 30;

const entry = (id: string, at: Date): AuditEntry => ({
  id,
  at,
  workspaceId: "ws_1",
  actorKind: "workspace",
  tokenId: "tok_1",
  role: "admin",
  clusterId: null,
  action: "keys.create",
  targetType: "key",
  targetId: "key_1",
  before: null,
  after: { name: "a" },
  ip: null,
  userAgent: null,
});

describe.each(databaseKinds)("the audit on %s", (kind) => {
  test("loses what is older than it is kept for, however much that is, and nothing else", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const clock = createFakeClock();
    const ids = createUlidSource(clock);
    const append = (count: number) =>
      database.transaction(async ({ audit }) => {
        for (let index = 0; index < count; index++) await audit.append(entry(ids.next("aud"), clock.now()));
      });
    await append(1203);
    clock.advance(1);
    await append(1);
    clock.advance(DAY_MS);
    await append(2);
    const newestAt = clock.now();
    const purge = createPurgeAudit({ database, clock, retentionDays: RETENTION_DAYS });
    clock.advance(RETENTION_DAYS * DAY_MS - DAY_MS);
    // The second group is exactly as old as entries may be.
    expect(await purge()).toBe(1203);
    expect(await database.read.audit.list({ workspaceId: "ws_1", limit: 100 })).toHaveLength(3);
    clock.advance(1);
    expect(await purge()).toBe(1);
    expect(await purge()).toBe(0);
    const left = await database.read.audit.list({ workspaceId: "ws_1", limit: 100 });
    expect(left.map(({ at }) => at)).toEqual([newestAt, newestAt]);
  });
});

test("unless it is set, nothing is ever removed", () => {
  const DATABASE_URL = "sqlite::memory:";
  expect(parseSettings({ DATABASE_URL }).auditRetentionDays).toBeUndefined();
  expect(parseSettings({ DATABASE_URL, AUDIT_RETENTION_DAYS: "365" }).auditRetentionDays).toBe(365);
});
