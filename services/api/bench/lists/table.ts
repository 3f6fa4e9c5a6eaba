export interface Measured {
  readonly group: string;
  /** Of one query: its name, for the one that is worst. */
  readonly name: string;
  readonly smallMs: number[];
  readonly largeMs: number[];
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

const row = (name: string, small: readonly number[], large: readonly number[]): string => {
  const figures = [0.5, 0.99].flatMap((share) => {
    const [few, many] = [quantile(small, share), quantile(large, share)];
    return [few.toFixed(2), many.toFixed(2), (many / few).toFixed(2)];
  });
  return `| ${[name, String(small.length), ...figures].join(" | ")} |`;
};

/** A line for each group and one for all, in milliseconds; and the query whose median grew most. */
export const tableOf = (measured: readonly Measured[], title: string): string => {
  const groups = Map.groupBy(measured, ({ group }) => group);
  const pooled = (rows: readonly Measured[]) =>
    [rows.flatMap(({ smallMs }) => smallMs), rows.flatMap(({ largeMs }) => largeMs)] as const;
  const growth = ({ smallMs, largeMs }: Measured) => quantile(largeMs, 0.5) / quantile(smallMs, 0.5);
  const worst = measured.toSorted((a, b) => growth(b) - growth(a)).slice(0, 3);
  return [
    `| ${title} | calls | p50 few | many | ratio | p99 few | many | ratio |`,
    "|---|---|---|---|---|---|---|---|",
    ...[...groups].map(([name, rows]) => row(name, ...pooled(rows))),
    row("all", ...pooled(measured)),
    "",
    ...worst.map((each) => `grew most (medians): ${growth(each).toFixed(2)} × ${each.name}`),
    "",
  ].join("\n");
};
