import { ConcurrentChange } from "@itsy/core";

import { DatabaseError } from "./database-error.ts";
import { driverFields } from "./dialect.ts";

// ER_ROW_IS_REFERENCED_2 and ER_NO_REFERENCED_ROW_2. SQLite's transactions take turns: there it never happens.
const REFERENCE_ERRNO = new Set([1451, 1452]);

export const isReferenceGone = (fault: unknown): boolean => {
  const { errno } = driverFields(fault instanceof DatabaseError ? fault.cause : undefined);
  return errno !== undefined && REFERENCE_ERRNO.has(errno);
};

/**
 * A row and what it refers to, each looked at before the other was written: whoever comes second runs again from its
 * start, and sees what the first one did.
 */
export const orConcurrentChange = async <Result>(what: string, work: Promise<Result>): Promise<Result> => {
  try {
    return await work;
  } catch (error) {
    if (isReferenceGone(error)) throw new ConcurrentChange(what);
    throw error;
  }
};
