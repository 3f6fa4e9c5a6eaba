import { expect, test } from "vitest";

import { aStoredRecord } from "../../test/stored-record.ts";
import type { VerificationRecord } from "../ports.ts";
import { bytesOfRecord } from "./record-bytes.ts";

const plain = aStoredRecord();
const many = <Part>(count: number, part: (index: number) => Part) => Array.from({ length: count }, (_, at) => part(at));

test.each([
  ["a long name", { name: "n".repeat(128) }, 100],
  ["a long owner", { owner: "o".repeat(128) }, 128],
  ["metadata", { metadata: Object.fromEntries(many(32, (at) => [`name${at}`, "v".repeat(256)])) }, 32 * 262],
  ["metadata beyond Latin-1", { metadata: { a: "🧀".repeat(128) } }, 512],
  ["permissions", { permissions: new Set(many(64, (at) => `${at}`.padEnd(100, "p"))) }, 64 * 100],
  ["networks", { ipRules: { allow: () => true, networks: 64 } }, 64 * 100],
] satisfies [string, Partial<VerificationRecord>, number][])(
  "%s makes a record heavier, by at least its characters",
  (_what, parts, bytes) => {
    expect(bytesOfRecord({ ...plain, ...parts }) - bytesOfRecord(plain)).toBeGreaterThanOrEqual(bytes);
  },
);
