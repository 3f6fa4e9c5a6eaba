// What one remembered key costs in memory: the heap after a collection, with nothing remembered and with many keys.
// The records are made as the driver makes them: each has strings of its own.
import { hash, randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { createRecordCache, type VerificationRecord } from "@itsy/core";

import { toVerificationRecord, type VerificationRow } from "../src/database/verification-row.ts";
import { isShort } from "./compare.ts";

const KEYS = isShort ? 1000 : 50_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A string of its own, as it comes off the wire. */
const own = (text: string): string => Buffer.from(text).toString();

const row = (number: number, metadata: object | null): VerificationRow => ({
  keyId: own(`key_${String(number).padStart(26, "0")}`),
  versionId: own(`ver_${String(number).padStart(26, "0")}`),
  projectId: own("prj_01m81j6mtvswjd534s0vf0ae8p"),
  workspaceId: own("ws_01m81j6mtvswjd534s0vf0ae8p"),
  workspace: own("acme"),
  project: own("default"),
  environment: own("production"),
  name: own(`Website Integration ${number}`),
  owner: null,
  metadata: metadata === null ? null : own(JSON.stringify(metadata)),
  permissions: null,
  ipRules: null,
  requestsPerMinute: 60,
  expiresAt: null,
  pausedAt: null,
  revokedAt: null,
  validUntil: null,
  retiring: 0,
  pepperVersion: 1,
});

const heapBytes = (): number => {
  for (let turn = 0; turn < 4; turn += 1) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const bytesPerKey = (metadata: object | null): number => {
  const before = heapBytes();
  const cache = createRecordCache<VerificationRecord>({ entriesMax: KEYS });
  for (let number = 0; number < KEYS; number += 1) {
    const found = toVerificationRecord(row(number, metadata));
    cache.endLookup(cache.beginLookup(), hash("sha256", randomBytes(32), "binary"), { found, nowMs: 0 });
  }
  const bytes = (heapBytes() - before) / cache.size;
  // Alive until here.
  if (cache.size !== KEYS) throw new Error(`${cache.size} keys are remembered`);
  return bytes;
};

bytesPerKey(null);
for (const [name, metadata] of [
  ["without metadata", null],
  ["with metadata of three short entries", { team: "growth", plan: "pro", region: "eu-west-1" }],
] as const) {
  process.stdout.write(`a remembered key ${name}: ${Math.round(bytesPerKey(metadata))} bytes (${KEYS} keys)\n`);
}
