import { WINDOW_MS } from "./rate-decision.ts";

/** Permits stop counting at multiples of this. */
export const SLOT_MS = 25;

/** How many slots lie between the instants at which a lease's permits may stop counting. */
export type SlotStep = 1 | 10;

/** With so many counts a row of permits that stop counting in any slot is large enough. */
const FINE_COUNTS_MAX = 160;

/**
 * As fine as can be while the row stays small: a burst that begins when the one before it leaves the window is refused
 * what counts too long, however little that is beside a window.
 * @param counts in the row already
 * @param permitsMax more counts than permits there cannot be
 * @param lifeMs how long the lease's permits may be spent
 */
export const slotStepFor = (counts: number, permitsMax: number, lifeMs: number): SlotStep =>
  Math.min(permitsMax, counts + lifeMs / SLOT_MS) <= FINE_COUNTS_MAX ? 1 : 10;

/**
 * A permit counts this much longer than the window, for clocks that do not run at exactly one second a second: the
 * database's over a window, a replica's over the life of a lease. Enough for both to be wrong by 0.05 % (the most that
 * NTP slews by) up to a lease of 20 seconds.
 */
const CLOCK_RATE_MARGIN_MS = 50;

/**
 * The slot at whose instant a permit stops counting, when it was spent at `spentMs` of the database's clock or before.
 * Rounded up: a permit never counts shorter than a window.
 */
export const slotOfSpend = (spentMs: number, step: SlotStep): number =>
  Math.ceil((spentMs + WINDOW_MS + CLOCK_RATE_MARGIN_MS) / (SLOT_MS * step)) * step;

/** The instant of a slot on the database's clock. */
export const slotEndMs = (slot: number): number => slot * SLOT_MS;

/** The latest instant at which a permit that counts until the slot can have been spent. */
export const latestSpendMs = (slot: number): number => slotEndMs(slot) - WINDOW_MS - CLOCK_RATE_MARGIN_MS;
