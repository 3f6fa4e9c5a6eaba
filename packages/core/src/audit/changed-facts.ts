import type { Facts } from "../entities.ts";

const asJson = (facts: Facts): Facts => JSON.parse(JSON.stringify(facts)) as Facts;

export interface FactsChange {
  readonly before: Facts | null;
  readonly after: Facts | null;
}

/**
 * What differs between the two, on both sides, in JSON's values; `null` when nothing does. A thing that was made or is
 * gone is told with all its fields, on its one side.
 */
export const changedFacts = ({ before, after }: FactsChange): FactsChange | null => {
  if (before === null || after === null) {
    return { before: before === null ? null : asJson(before), after: after === null ? null : asJson(after) };
  }
  const [old, young] = [asJson(before), asJson(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(young)])].filter(
    (name) => JSON.stringify(old[name]) !== JSON.stringify(young[name]),
  );
  if (names.length === 0) return null;
  const pick = (facts: Facts): Facts => Object.fromEntries(names.map((name) => [name, facts[name] ?? null]));
  return { before: pick(old), after: pick(young) };
};
