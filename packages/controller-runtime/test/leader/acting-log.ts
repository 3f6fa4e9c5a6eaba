/** From the first to the last moment at which one process acted as the leader, in milliseconds of one common clock. */
export interface Term {
  readonly identity: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Reads lines of `<nanoseconds> <identity> <what>`; only `act` counts. In the order of their begin. */
export const termsOf = (log: string): readonly Term[] => {
  const terms = new Map<string, Term>();
  for (const line of log.split("\n")) {
    const [atNs = "", identity = "", what] = line.split(" ");
    if (what !== "act") continue;
    const atMs = Number(BigInt(atNs) / 1000n) / 1000;
    const { fromMs = atMs, toMs = atMs } = terms.get(identity) ?? {};
    terms.set(identity, { identity, fromMs: Math.min(fromMs, atMs), toMs: Math.max(toMs, atMs) });
  }
  return [...terms.values()].toSorted((a, b) => a.fromMs - b.fromMs);
};

/** Who acted while somebody else did. */
export const overlapsIn = (terms: readonly Term[]): readonly string[] =>
  terms.flatMap((term, at) =>
    terms
      .slice(at + 1)
      .filter((later) => later.fromMs <= term.toMs)
      .map(
        (later) => `${later.identity} began ${(term.toMs - later.fromMs).toFixed(1)} ms before ${term.identity} ended`,
      ),
  );

/** How long nobody acted between a term and the one after it. */
export const gapAfterMs = (terms: readonly Term[], identity: string): number => {
  const at = terms.findIndex((term) => term.identity === identity);
  return (terms[at + 1]?.fromMs ?? Number.NaN) - (terms[at]?.toMs ?? Number.NaN);
};
