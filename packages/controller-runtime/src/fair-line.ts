/** A key at the head of the line, and when it came. */
export interface Waiting {
  readonly key: string;
  readonly sinceMs: number;
}

/** Keys that wait, in one line for each group; the groups take turns, and within a group who came first goes first. */
export interface FairLine {
  readonly size: number;
  has(key: string): boolean;
  add(key: string, sinceMs: number): void;
  /** Takes the next key out, of the first group in turn that may go; `null` when there is none. */
  take(mayGo: (group: string) => boolean): Waiting | null;
  clear(): void;
}

/**
 * Round-robin over groups, so that ten thousand keys of one group delay a single one of another by one turn.
 * Maps keep insertion order: the outer one is the order of turns, each inner one a FIFO with a membership test.
 */
export const createFairLine = (groupOf: (key: string) => string): FairLine => {
  const lines = new Map<string, Map<string, number>>();
  let size = 0;

  const takeFirst = (group: string, line: Map<string, number>): Waiting | null => {
    const [first] = line;
    if (first === undefined) return null;
    const [key, sinceMs] = first;
    line.delete(key);
    // To the end of the turns.
    lines.delete(group);
    if (line.size > 0) lines.set(group, line);
    size -= 1;
    return { key, sinceMs };
  };

  return Object.freeze({
    get size() {
      return size;
    },
    has: (key: string) => lines.get(groupOf(key))?.has(key) ?? false,
    add: (key: string, sinceMs: number) => {
      const group = groupOf(key);
      const line = lines.get(group) ?? new Map<string, number>();
      if (!line.has(key)) size += 1;
      line.set(key, sinceMs);
      lines.set(group, line);
    },
    take: (mayGo: (group: string) => boolean) => {
      for (const [group, line] of lines) if (mayGo(group)) return takeFirst(group, line);
      return null;
    },
    clear: () => {
      lines.clear();
      size = 0;
    },
  });
};
