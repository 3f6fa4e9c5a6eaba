/** So many placeholders of a statement. */
export const placeholders = (count: number): string => Array.from({ length: count }, () => "?").join(", ");

/** Filled up with the last one to a length for which there is a prepared statement. */
export const filledUp = (ids: readonly string[], length: number): readonly string[] =>
  Array.from({ length }, (_, index) => ids[index] ?? ids.at(-1) ?? "");
