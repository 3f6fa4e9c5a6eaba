// What counting usage and going by a quota cost a verification that is answered from memory, in one process and without
// HTTP: the same `verify` with and without. BENCH_SHORT=1 only checks that it works.
import { Buffer } from "node:buffer";

import {
  createQuotaLedger,
  createRecordCache,
  createUsageCounter,
  createVerify,
  type QuotaGate,
  type UsageMeter,
  type VerificationRecord,
  type WorkspaceActor,
} from "@itsy/core";
import { createPepperRing, createSecretFormat, generateSecret } from "@itsy/key-format";
import { aVerificationRecord } from "@itsy/testing";

import { monotonicMs, systemClock } from "../src/adapters/clock.ts";
import { createCachedRecords } from "../src/verification/cached-records.ts";
import { compare, isShort } from "./compare.ts";

const KEYS = 10_000;
const ROUND_MS = isShort ? 50 : 1000;
const BURST = 1000;

const actor: WorkspaceActor = { kind: "workspace", tokenId: "tok_1", role: "verifier", workspaceId: "ws_1" };
const recordOf = (index: number): VerificationRecord =>
  aVerificationRecord({
    keyId: `key_${index}`,
    versionId: `ver_${index}`,
    workspaceId: actor.workspaceId,
    requestsPerMinute: 1_000_000,
  });

const secrets = Array.from({ length: KEYS }, () => generateSecret({ environment: "production" }));

const verifying = async (usage: UsageMeter, quotas: QuotaGate) => {
  const cache = createRecordCache<VerificationRecord>({ entriesMax: KEYS });
  cache.trustUntil(Number.POSITIVE_INFINITY);
  let next = 0;
  const records = createCachedRecords({
    cache,
    lookup: { find: () => Promise.resolve(recordOf(next++)) },
    peppers: createPepperRing([{ version: 1, pepper: Buffer.alloc(32, 7) }]),
    monotonicMs,
    onOldPepper: () => undefined,
    isCutOff: () => false,
  });
  const state = { limit: 1_000_000, remaining: 999_999, resetMs: 60_000 };
  const limiter = { take: () => ({ accepted: true as const, state }) };
  const verify = createVerify({ format: createSecretFormat(), records, limiter, usage, quotas, clock: systemClock });
  for (const secret of secrets) await verify(actor, { secret });
  return () => {
    const beganMs = performance.now();
    const burstsMs: number[] = [];
    let index = 0;
    let nowMs = beganMs;
    while (nowMs - beganMs < ROUND_MS) {
      for (let time = 0; time < BURST; time += 1) void verify(actor, { secret: secrets[index++ % KEYS] ?? "" });
      const endMs = performance.now();
      burstsMs.push(endMs - nowMs);
      nowMs = endMs;
    }
    const p99Ms = burstsMs.toSorted((a, b) => a - b)[Math.floor(burstsMs.length * 0.99)] ?? 0;
    return Promise.resolve({ perSecond: (index * 1000) / (nowMs - beganMs), p99Ms: p99Ms / BURST });
  };
};

const counter = createUsageCounter({ entriesMax: 100_000 });
await compare({
  baseline: {
    name: "verify from memory, counting nothing",
    round: await verifying(
      { count: () => undefined },
      { take: () => null, giveBack: () => undefined, leaveOpen: () => () => undefined },
    ),
  },
  subject: {
    name: "the same with usage and quota",
    round: await verifying(counter, createQuotaLedger({ onStale: () => undefined })),
  },
  rounds: isShort ? 1 : 9,
  aim: 0.75,
});
