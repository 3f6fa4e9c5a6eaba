const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * A duration as Go writes it (`1h30m`, `90s`, `1.5h`) in whole milliseconds. Takes the subset that the CRD's pattern
 * admits.
 * @throws RangeError on anything else.
 */
export const parseDuration = (text: string): number => {
  const parts = [...text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw new RangeError(`"${text.slice(0, 32)}" is not a duration such as 30m or 1h30m`);
  }
  return Math.round(
    parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitsMs[unit as string] as number), 0),
  );
};
