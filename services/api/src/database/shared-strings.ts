/** Beyond so many, all are forgotten, and kept anew as they come. */
const STRINGS_MAX = 10_000;

/**
 * Keeps one of equal strings. What many remembered records have in common (a workspace, a project) is then one string in
 * memory, which the processor's caches hold, and equal without being read.
 */
export const createSharedStrings = (): ((text: string) => string) => {
  const known = new Map<string, string>();
  return (text) => {
    const kept = known.get(text);
    if (kept !== undefined) return kept;
    if (known.size >= STRINGS_MAX) known.clear();
    known.set(text, text);
    return text;
  };
};
