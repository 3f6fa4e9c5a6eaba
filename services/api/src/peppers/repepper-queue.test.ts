import { createHmac } from "node:crypto";
import { createPepperRing, generateSecret, secretSha256 } from "@itsy/key-format";
import { waitUntil } from "@itsy/testbed";
import { aVerificationRecord } from "@itsy/testing";
import { expect, test } from "vitest";

import { createMemory } from "../revocation/memory.ts";
import { createCachedRecords } from "../verification/cached-records.ts";
import { createRepepperQueue } from "./repepper-queue.ts";

const SECRETS = Array.from({ length: 5 }, () => generateSecret({ environment: "local" }));
const bytes = (version: number) => Buffer.alloc(32, version);

/** Secrets under pepper 1, of which so many may wait at once, and what this process remembers of them. */
const start = (entriesMax: number) => {
  const versions = new Map(SECRETS.map((secret) => [Buffer.from(secretSha256(secret)).toString("hex"), 1]));
  const fault = { isOn: false };
  const attempts = { count: 0 };
  const memory = createMemory({ entriesMax: 100, bytesMax: 1_000_000, graceMs: 0 });
  memory.all.trustUntil(Number.POSITIVE_INFINITY);
  const queue = createRepepperQueue({
    entriesMax,
    repepper: (found) => {
      attempts.count += 1;
      if (fault.isOn) return Promise.reject(new Error("the database is away"));
      for (const { secretSha256 } of found) versions.set(Buffer.from(secretSha256).toString("hex"), 2);
      return Promise.resolve(found.length);
    },
    onWritten: memory.all.evict,
    logger: { warn: () => undefined },
  });
  const records = createCachedRecords({
    cache: memory.records,
    peppers: createPepperRing([1, 2].map((version) => ({ version, pepper: bytes(version) }))),
    lookup: {
      find: (digests) => {
        const isOf = (sha256: string) =>
          [1, 2].some((version) =>
            digests.some((digest) =>
              createHmac("sha256", bytes(version)).update(Buffer.from(sha256, "hex")).digest().equals(digest),
            ),
          );
        const [sha256, pepperVersion] = [...versions].find(([sha256]) => isOf(sha256)) ?? [];
        return Promise.resolve(pepperVersion ? aVerificationRecord({ keyId: `key_${sha256}`, pepperVersion }) : null);
      },
    },
    monotonicMs: () => 0,
    isCutOff: () => false,
    onOldPepper: queue.add,
  });
  return { queue, records, versions, fault, attempts };
};

test("what found no place to wait is moved when it is presented again, though it is remembered", async () => {
  const { queue, records, versions } = start(2);
  await using _queue = queue;
  for (const secret of SECRETS) await records.find(secret);
  expect([queue.figures.waiting, records.lookups.misses]).toEqual([2, SECRETS.length]);
  await waitUntil(
    async () => {
      for (const secret of SECRETS) await records.find(secret);
      return [...versions.values()].every((version) => version === 2);
    },
    { what: "all that is presented has moved" },
  );
  for (const secret of SECRETS) await records.find(secret);
  expect(queue.figures.waiting).toBe(0);
  // Once when it came, once when it had moved.
  expect(records.lookups.misses).toBe(2 * SECRETS.length);
});

test("what cannot be moved is answered from memory, however often it is presented", async () => {
  const { queue, records, fault, attempts } = start(100);
  await using _queue = queue;
  fault.isOn = true;
  for (const secret of SECRETS) await records.find(secret);
  await waitUntil(() => attempts.count > 0, { what: "a move was tried" });
  for (let time = 0; time < 1000; time += 1) for (const secret of SECRETS) void records.find(secret);
  expect(records.lookups.misses).toBe(SECRETS.length);
  expect(queue.figures).toMatchObject({ written: 0, waiting: SECRETS.length });
});
