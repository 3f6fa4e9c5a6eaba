import type { VerificationRecord } from "../ports.ts";

// Measured on Node.js 24 (`services/api/bench/memory.ts`), and rounded up: an estimate that is too low bounds nothing.
/** A record without a name, metadata or rules, with its places in the memory of records. */
const RECORD_BYTES = 700;
/** A string beside its characters. */
const STRING_BYTES = 24;
/** A name of metadata beside its strings: its place, and the shape of an object that no other one has. */
const ENTRY_BYTES = 160;
/** A permission beside its string. */
const PERMISSION_BYTES = 40;
/** One network, outside the heap. */
const NETWORK_BYTES = 300;
/** Two lists of networks, with nothing in them. */
const NETWORKS_BYTES = 1800;

/** Strings with a character beyond Latin-1 take two bytes for each. */
const WIDE = /[^\0-\u00ff]/;

const bytesOfText = (text: string): number => STRING_BYTES + text.length * (WIDE.test(text) ? 2 : 1);

/** About how much memory a remembered record takes. What a caller can make large is counted, part by part. */
export const bytesOfRecord = ({ name, owner, metadata, permissions, ipRules }: VerificationRecord): number => {
  let bytes = RECORD_BYTES + bytesOfText(name);
  if (owner !== null) bytes += bytesOfText(owner);
  for (const [entry, value] of Object.entries(metadata)) {
    bytes += ENTRY_BYTES + bytesOfText(entry) + bytesOfText(value);
  }
  for (const permission of permissions) bytes += PERMISSION_BYTES + bytesOfText(permission);
  if (ipRules !== null) bytes += NETWORKS_BYTES + ipRules.networks * NETWORK_BYTES;
  return bytes;
};
