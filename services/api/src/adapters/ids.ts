import { randomFillSync } from "node:crypto";

import type { Clock, IdKind, IdSource } from "@itsy/core";
import { monotonicFactory } from "ulid";

const POOL_BYTES = 1024;

/** Numbers from 0 to 1 as `ulid` draws them, one byte each: it asks the system for each byte, which costs more than an id. */
const createPooledBytes = (): (() => number) => {
  const pool = new Uint8Array(POOL_BYTES);
  let next = POOL_BYTES;
  return () => {
    if (next === POOL_BYTES) {
      randomFillSync(pool);
      next = 0;
    }
    next += 1;
    return (pool[next - 1] ?? 0) / 256;
  };
};

/** Ids that sort by creation within this process, also where several are made in one millisecond. */
export const createUlidSource = (clock: Clock): IdSource => {
  const next = monotonicFactory(createPooledBytes());
  return Object.freeze({ next: (kind: IdKind) => `${kind}_${next(clock.now().getTime()).toLowerCase()}` });
};
