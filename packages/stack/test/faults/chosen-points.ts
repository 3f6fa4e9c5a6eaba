/** A scenario's points, in the order in which its effects happen. */
interface Found<Scenario> {
  readonly scenario: Scenario;
  readonly points: readonly string[];
}

/** `before:stage:2` is about `stage:2`, of a second stage in one scenario. */
const effectOf = (point: string): string => point.slice(point.indexOf(":") + 1);
const isAfter = (point: string): boolean => point.startsWith("after:");

/**
 * The short form of the matrix: each scenario is struck after each of its effects, and before it and without its answer
 * where no scenario before has that effect. Before an effect is after the one that came first, so this leaves out what
 * is struck elsewhere.
 */
export const chosenPoints = <Scenario>(found: readonly Found<Scenario>[]): readonly Found<Scenario>[] => {
  const seen = new Set<string>();
  return found.map(({ scenario, points }) => {
    const chosen = points.filter((point) => isAfter(point) || !seen.has(effectOf(point)));
    for (const point of points) seen.add(effectOf(point));
    return { scenario, points: chosen };
  });
};

/** The short form of two at once: after each effect. */
export const chosenBeside = <Scenario>(found: readonly Found<Scenario>[]): readonly Found<Scenario>[] =>
  found.map(({ scenario, points }) => ({ scenario, points: points.filter(isAfter) }));
