import { SHOWABLE_MS } from "@itsy/contract";

/**
 * An instant as views show it. What is beyond the years that RFC 3339 can write becomes the last instant that it can:
 * earlier versions stored such an expiry, and one of them must not make a whole list fail.
 */
export const instantText = (instant: Date): string =>
  new Date(Math.min(Math.max(instant.getTime(), SHOWABLE_MS.first), SHOWABLE_MS.last)).toISOString();

export const instantTextOrNull = (instant: Date | null): string | null =>
  instant === null ? null : instantText(instant);
