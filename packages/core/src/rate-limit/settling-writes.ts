import type { LocalPermits, Settling } from "./local-permits.ts";
import type { RateLimitStore } from "./ports.ts";
import type { RateRow } from "./rate-row.ts";
import { type FoundWindow, writeWindow } from "./stored-window.ts";

export interface SettlingWritesDeps {
  readonly keyId: string;
  readonly store: RateLimitStore;
  readonly permits: LocalPermits;
}

/** Writes a key's row, in which leases of this replica are settled with the same write: each of them once. */
export interface SettlingWrites {
  /** Whether the row, with these leases settled, took the place of the one that was found. */
  write(found: FoundWindow, row: RateRow, which: Settling): Promise<boolean>;
  /** The same for the row that was found, if there is something to settle. `false`: another replica wrote in between. */
  settle(found: FoundWindow, which: Settling): Promise<boolean>;
}

export const createSettlingWrites = ({ keyId, store, permits }: SettlingWritesDeps): SettlingWrites => {
  const write: SettlingWrites["write"] = async (found, row, which) => {
    // A write whose answer is lost may have been applied, or still be. Settled twice, a lease would give back permits
    // of others; never settled, its permits count for as long as they could have been spent.
    const settled = permits.giveUp(which);
    const applied = await writeWindow(store, keyId, { found, row });
    if (!applied) permits.takeBack(settled);
    return applied;
  };

  return {
    write,
    settle: async (found, which) => {
      if (!permits.owesSettling() && !found.renumbered) return true;
      return write(found, permits.settledIn(found.row, which), which);
    },
  };
};
