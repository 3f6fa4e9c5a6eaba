/** A set as it is stored and shown: without repetitions, in one order, so that the same set is the same text. */
export const sortedSet = (members: readonly string[]): readonly string[] => [...new Set(members)].toSorted();

/** Whether two lists are the same set. */
export const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  JSON.stringify(sortedSet(one)) === JSON.stringify(sortedSet(other));
