export const HOUR_MS = 3_600_000;

/** The start of the hour (UTC). */
export const hourOf = (at: Date): Date => new Date(at.getTime() - (at.getTime() % HOUR_MS));
