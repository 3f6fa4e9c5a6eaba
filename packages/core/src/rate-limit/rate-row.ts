import { SLOT_MS, slotEndMs } from "./count-slot.ts";

/** Permits that stop counting at the same instant. */
export interface RateCount {
  /** `slotEndMs(slot)` is when they stop counting. */
  readonly slot: number;
  /** Permits that were drawn for requests that waited for them, or that are known to be spent. */
  readonly spent: number;
  /** Permits that were drawn ahead: some may come back. */
  readonly held: number;
}

/** The counts of one key, as of an instant of the database's clock. */
export interface RateRow {
  /** Grows when the slots are renumbered: what was drawn in another era cannot be found again. */
  readonly era: number;
  /** The latest instant of the database's clock that a write has seen. */
  readonly clockMs: number;
  /** By slot, ascending; none of them empty. */
  readonly counts: readonly RateCount[];
}

/** A clock that seems to step back by less is waited for: a statement's clock may be read before its snapshot is. */
const SMALL_STEP_MS = 2000;

/**
 * The row as of now: without what has left the window.
 *
 * A database clock that went back must not let anything count shorter. A small step is waited for (the row's clock
 * stands still). After a larger one each permit gets as much time from now as it had left when the row was written: at
 * least as long as it should count, since time did not run backwards. Waiting would block the key for the whole step.
 */
export const rowAt = (row: RateRow | null, databaseNowMs: number): RateRow => {
  if (row === null) return { era: 0, clockMs: databaseNowMs, counts: [] };
  const behindMs = row.clockMs - databaseNowMs;
  if (behindMs > SMALL_STEP_MS) {
    const shift = Math.floor(behindMs / SLOT_MS);
    const counts = row.counts.map((count) => ({ ...count, slot: count.slot - shift }));
    return { era: row.era + 1, clockMs: databaseNowMs, counts };
  }
  const clockMs = Math.max(row.clockMs, databaseNowMs);
  return { ...row, clockMs, counts: row.counts.filter((count) => slotEndMs(count.slot) > clockMs) };
};

/** The row with the changes added to it, which may be negative. */
export const addCounts = (row: RateRow, changes: readonly RateCount[]): RateRow => {
  const counts = [...row.counts];
  for (const { slot, spent, held } of changes) {
    // From the end: what changes is of late, and a hot key has hundreds of counts.
    const at = counts.findLastIndex((count) => count.slot <= slot);
    const before = counts[at];
    if (before?.slot === slot) counts[at] = { slot, spent: before.spent + spent, held: before.held + held };
    else counts.splice(at + 1, 0, { slot, spent, held });
  }
  return { ...row, counts: counts.filter(({ spent, held }) => spent !== 0 || held !== 0) };
};

const FORMAT = "2";
/** How many of today's slots one of a format is. */
const SLOTS: Readonly<Record<string, number>> = { 1: 10, [FORMAT]: 1 };
const RADIX = 36;

/**
 * `2 {era} {clockMs} {slot}.{spent}[.{held}] …`, numbers in base 36, each slot as the difference from the one before
 * (the first from the clock's). A hot key with a count in every slot takes about 2 KB.
 */
export const encodeRateRow = (row: RateRow): string => {
  let previous = Math.floor(row.clockMs / SLOT_MS);
  const parts = [FORMAT, row.era.toString(RADIX), row.clockMs.toString(RADIX)];
  for (const { slot, spent, held } of row.counts) {
    const numbers = held === 0 ? [slot - previous, spent] : [slot - previous, spent, held];
    parts.push(numbers.map((number) => number.toString(RADIX)).join("."));
    previous = slot;
  }
  return parts.join(" ");
};

const parse = (text: string | undefined): number => {
  const number = Number.parseInt(text ?? "", RADIX);
  if (text !== number.toString(RADIX) || !Number.isSafeInteger(number) || number < 0) {
    throw new Error("the stored counts of a rate limit are not readable");
  }
  return number;
};

/** @throws Error when the text is not what `encodeRateRow` made. */
export const decodeRateRow = (text: string): RateRow => {
  const [format, era, clock, ...rest] = text.split(" ");
  const slots = SLOTS[format ?? ""];
  if (slots === undefined) throw new Error(`the stored counts of a rate limit have an unknown format`);
  const clockMs = parse(clock);
  let previous = Math.floor(clockMs / (SLOT_MS * slots));
  const counts = rest.map((part) => {
    const [step, spent, held = "0"] = part.split(".");
    previous += parse(step);
    return { slot: previous * slots, spent: parse(spent), held: parse(held) };
  });
  return { era: parse(era), clockMs, counts };
};
