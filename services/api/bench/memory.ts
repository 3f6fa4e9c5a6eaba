// What one remembered key costs in memory: the heap after a collection, with nothing remembered and with many keys, and
// what IP rules take outside of it. Beside it the estimate by which the memory of a service is bounded.
// The records are made as the driver makes them: each has strings of its own.
import { hash, randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { bytesOfRecord, createRecordCache, type VerificationRecord } from "@itsy/core";
import { createIpRules } from "../src/adapters/ip-rules.ts";
import { toVerificationRecord, type VerificationRow } from "../src/database/verification-row.ts";
import { isShort } from "./compare.ts";

const USUAL_KEYS = isShort ? 1000 : 50_000;
/** A hundred and more MB of them. */
const WORST_KEYS = isShort ? 100 : 4000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A string of its own, as it comes off the wire. */
const own = (text: string): string => Buffer.from(text).toString();

/** What differs between keys, as the database has it. */
type Parts = Pick<VerificationRow, "name" | "owner" | "metadata" | "permissions" | "ipRules">;

const usual = (number: number): Parts => ({
  name: own(`Website Integration ${number}`),
  owner: null,
  metadata: null,
  permissions: null,
  ipRules: null,
});

const withMetadata = (number: number): Parts => ({
  ...usual(number),
  metadata: own(JSON.stringify({ team: "growth", plan: "pro", region: "eu-west-1" })),
});

const times = <Part>(count: number, part: (index: number) => Part): Part[] =>
  Array.from({ length: count }, (_, index) => part(index));

const networks = (number: number): string[] =>
  times(64, (index) => `2001:db8:${number.toString(16)}:${index.toString(16)}::/64`);

/** As large as the contract lets a key be, in characters that take two bytes, with names that no other key has. */
const worst = (number: number): Parts => {
  const metadata = times(32, (index) => [`n${number}.${index}.`.padEnd(64, "x"), "ж".repeat(256)]);
  const permissions = times(64, (index) => `p${number}:${index}:`.padEnd(100, "x"));
  return {
    name: own("ж".repeat(128)),
    owner: own("ж".repeat(128)),
    metadata: own(JSON.stringify(Object.fromEntries(metadata))),
    permissions: own(JSON.stringify(permissions)),
    ipRules: own(JSON.stringify(networks(number))),
  };
};

const row = (number: number, parts: Parts): VerificationRow => ({
  keyId: own(`key_${String(number).padStart(26, "0")}`),
  versionId: own(`ver_${String(number).padStart(26, "0")}`),
  projectId: own("prj_01m81j6mtvswjd534s0vf0ae8p"),
  workspaceId: own("ws_01m81j6mtvswjd534s0vf0ae8p"),
  workspace: own("acme"),
  project: own("default"),
  environment: own("production"),
  ...parts,
  requestsPerMinute: 60,
  expiresAt: null,
  pausedAt: null,
  revokedAt: null,
  validUntil: null,
  retiring: 0,
  pepperVersion: 1,
});

type Memory = "heap" | "process";

const usedBytes = (memory: Memory): number => {
  for (let turn = 0; turn < 4; turn += 1) collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return memory === "heap" ? heapUsed + external : rss;
};

/** What of the memory each of so many things takes, once they are made. */
const bytesOfEach = (keys: number, memory: Memory, make: (number: number) => unknown): number => {
  const before = usedBytes(memory);
  const made = Array.from({ length: keys }, (_, number) => make(number));
  const bytes = usedBytes(memory) - before;
  // Alive until here.
  return Math.round(bytes / made.length);
};

const measureRecords = (name: string, keys: number, partsOf: (number: number) => Parts): void => {
  const cache = createRecordCache<VerificationRecord>({ entriesMax: keys, bytesOf: bytesOfRecord });
  const bytes = bytesOfEach(keys, "heap", (number) => {
    const found = toVerificationRecord(row(number, partsOf(number)));
    cache.endLookup(cache.beginLookup(), hash("sha256", randomBytes(32), "binary"), { found, nowMs: 0 });
  });
  if (cache.size !== keys) throw new Error(`${cache.size} keys are remembered`);
  const estimate = Math.round(cache.bytes / keys);
  process.stdout.write(`a remembered key ${name}: ${bytes} bytes of the heap, estimated at ${estimate} in all\n`);
};

// First: what the process has of the system by then is in use, and does not hide what they take.
const outside = bytesOfEach(WORST_KEYS, "process", (number) => createIpRules(networks(number)));
process.stdout.write(`64 IP rules of a key: ${outside} bytes, nearly all outside the heap\n`);
measureRecords("without metadata", USUAL_KEYS, usual);
measureRecords("with metadata of three short entries", USUAL_KEYS, withMetadata);
measureRecords("as large as it can be, with 64 IP rules", WORST_KEYS, worst);
