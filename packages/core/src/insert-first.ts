import { ConcurrentChange, DuplicateRow } from "./ports.ts";

/**
 * An insert whose transaction looked for the row before and found none. Where a unique constraint refuses it all the
 * same, another transaction was faster: this one is to run again from its start, and will find the row.
 */
export const insertFirst = async (insert: Promise<void>): Promise<void> => {
  try {
    await insert;
  } catch (error) {
    if (!(error instanceof DuplicateRow)) throw error;
    throw new ConcurrentChange(error.table);
  }
};
