interface Happening {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** True time, and everything that happens in it: one thing after another, nothing at once. */
export interface World {
  readonly nowMs: number;
  /** Grows with everything that happens; two things never have the same. */
  readonly tick: number;
  after(ms: number, run: () => void): void;
  /** To be called by what may settle a promise: nothing else happens until it has been followed up. */
  stir(): void;
  /** Lets happen what is due until then. */
  runUntil(atMs: number): Promise<void>;
}

/** Resolves when the promises that are settled have told everybody who awaits them, and these in turn. */
const quiet = () => new Promise<void>((resolve) => setImmediate(resolve));

const isBefore = (a: Happening, b: Happening): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

export const createWorld = (): World => {
  // Sorted, the next one last. There are a few dozen at any time, and most new ones are near.
  const agenda: Happening[] = [];
  let nowMs = 0;
  let order = 0;
  let tick = 0;
  let isStirred = false;

  return {
    get nowMs() {
      return nowMs;
    },
    get tick() {
      return tick;
    },
    after: (ms, run) => {
      const happening = { atMs: nowMs + ms, order: order++, run };
      let index = agenda.length;
      for (; index > 0; index--) {
        const next = agenda[index - 1];
        if (next !== undefined && isBefore(happening, next)) break;
      }
      agenda.splice(index, 0, happening);
    },
    stir: () => {
      isStirred = true;
    },
    runUntil: async (atMs) => {
      for (let next = agenda.at(-1); next !== undefined && next.atMs <= atMs; next = agenda.at(-1)) {
        agenda.pop();
        nowMs = next.atMs;
        tick += 1;
        next.run();
        if (!isStirred) continue;
        isStirred = false;
        await quiet();
      }
      nowMs = atMs;
    },
  };
};
