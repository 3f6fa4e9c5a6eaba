const FIRST = new Date("0000-01-01T00:00:00.000Z");
const LAST = new Date("9999-12-31T23:59:59.999Z");

/**
 * An instant as views show it. What is beyond the years that RFC 3339 can write becomes the last instant that it can:
 * earlier versions stored such an expiry, and one of them must not make a whole list fail.
 */
export const instantText = (instant: Date): string => {
  if (instant > LAST) return LAST.toISOString();
  return (instant < FIRST ? FIRST : instant).toISOString();
};

export const instantTextOrNull = (instant: Date | null): string | null =>
  instant === null ? null : instantText(instant);
