/** Runs what it is given, unless something ran less than so long before; tells how many were left out since then. */
export type AtMostEvery = (run: (leftOut: number) => void) => void;

/** For log lines that may be caused as often as somebody likes. */
export const createAtMostEvery = (everyMs: number, monotonicMs: () => number): AtMostEvery => {
  let ranMs = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return (run) => {
    const nowMs = monotonicMs();
    if (nowMs - ranMs < everyMs) {
      leftOut += 1;
      return;
    }
    run(leftOut);
    ranMs = nowMs;
    leftOut = 0;
  };
};
