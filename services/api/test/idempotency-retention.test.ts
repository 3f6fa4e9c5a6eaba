import { createPurgeIdempotency, type IdempotencyRecord } from "@itsy/core";
import { createFakeClock } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { databaseKinds, openFreshDatabase } from "./database/fresh-database.ts";

const KEPT_MS = 48 * 60 * 60 * 1000;
const COUNT = 1203;

const recordOf = (index: number, createdAt: Date): IdempotencyRecord => ({
  workspaceId: "ws_1",
  procedure: "keys.create",
  digest: Buffer.alloc(32, String(index).padStart(32, "0")),
  fingerprint: Buffer.alloc(32, 1),
  keyId: "key_1",
  revision: 1,
  createdAt,
});

describe.each(databaseKinds)("idempotency keys on %s", (kind) => {
  test("go in transactions that stay short, however many they are, and none before its time", async () => {
    await using opened = await openFreshDatabase(kind);
    const { database } = opened;
    const clock = createFakeClock();
    await database.transaction(async ({ idempotency }) => {
      for (let index = 0; index < COUNT; index += 1) {
        await idempotency.insert(recordOf(index, clock.now()));
        clock.advance(1);
      }
    });
    const youngest = recordOf(COUNT, clock.now());
    await database.transaction(({ idempotency }) => idempotency.insert(youngest));
    clock.advance(KEPT_MS);
    let transactions = 0;
    const purge = createPurgeIdempotency({
      clock,
      database: {
        ...database,
        transaction: (work) => {
          transactions += 1;
          return database.transaction(work);
        },
      },
    });
    // The last one is exactly as old as it may be.
    expect(await purge()).toBe(COUNT);
    // The last one finds nothing.
    expect(transactions).toBe(4);
    expect(await purge()).toBe(0);
    expect(await database.transaction(({ idempotency }) => idempotency.lock(youngest))).toMatchObject({ revision: 1 });
    clock.advance(1);
    expect(await purge()).toBe(1);
  });
});
