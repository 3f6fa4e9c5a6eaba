export const isShort = process.env["BENCH_SHORT"] === "1";

export interface Contender {
  readonly name: string;
  /** One round: how many operations a second, and the slowest hundredth in milliseconds where it was measured. */
  readonly round: () => Promise<{ readonly perSecond: number; readonly p99Ms?: number }>;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export interface Comparison {
  readonly subject: Contender;
  /** What the subject is measured against. */
  readonly baseline: Contender;
  readonly rounds: number;
  /** The ratio to reach. */
  readonly aim: number;
}

/**
 * Runs both in turn and prints the median of the rounds' ratios: the machine's mood changes from second to second, and
 * both sides of a round are measured in the same one.
 */
export const compare = async ({ subject, baseline, rounds, aim }: Comparison): Promise<void> => {
  const results = { subject: [] as number[], baseline: [] as number[] };
  const p99 = { subject: [] as number[], baseline: [] as number[] };
  // One round for each that does not count: compilers and caches get warm.
  for (let round = 0; round <= rounds; round++) {
    for (const side of ["baseline", "subject"] as const) {
      const { perSecond, p99Ms } = await { subject, baseline }[side].round();
      if (round === 0) continue;
      results[side].push(perSecond);
      if (p99Ms !== undefined) p99[side].push(p99Ms);
    }
  }
  const rows = (["baseline", "subject"] as const).map((side) => ({
    what: { subject, baseline }[side].name,
    "per second": Math.round(median(results[side])),
    p99: p99[side].length === 0 ? "" : `   p99 ${Number(median(p99[side]).toFixed(2))} ms`,
  }));
  const ratio = median(results.subject.map((perSecond, round) => perSecond / (results.baseline[round] ?? Number.NaN)));
  const lines = rows.map((row) => `${row.what.padEnd(52)} ${String(row["per second"]).padStart(8)}/s${row.p99}`);
  process.stdout.write(
    `${lines.join("\n")}\nratio ${ratio.toFixed(2)} (aim: at least ${aim.toFixed(2)}), median of ${rounds} rounds\n\n`,
  );
};
