import { WINDOW_MS } from "./rate-decision.ts";

/** Permits stop counting in steps of this size, so that a row stays small however hot its key is. */
export const SLOT_MS = 250;

/**
 * A permit counts this much longer than the window, for clocks that do not run at exactly one second a second: the
 * database's over a window, a replica's over the life of a lease. Enough for both to be wrong by 0.05 % (the most that
 * NTP slews by) up to a lease of a minute.
 */
const CLOCK_RATE_MARGIN_MS = 100;

/**
 * The slot at whose instant a permit stops counting, when it was spent at `spentMs` of the database's clock or before.
 * Rounded up: a permit never counts shorter than a window.
 */
export const slotOfSpend = (spentMs: number): number =>
  Math.ceil((spentMs + WINDOW_MS + CLOCK_RATE_MARGIN_MS) / SLOT_MS);

/** The instant of a slot on the database's clock. */
export const slotEndMs = (slot: number): number => slot * SLOT_MS;

/** The latest instant at which a permit that counts until the slot can have been spent. */
export const latestSpendMs = (slot: number): number => slotEndMs(slot) - WINDOW_MS - CLOCK_RATE_MARGIN_MS;
