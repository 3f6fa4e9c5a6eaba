export interface Callers {
  readonly callers: number;
  readonly durationMs: number;
}

/** One round for `compare`: so many callers, one call after the other each. */
export const roundOf =
  ({ callers, durationMs }: Callers, call: () => Promise<unknown>) =>
  async () => {
    const latenciesMs: number[] = [];
    const beganMs = performance.now();
    const caller = async () => {
      while (performance.now() - beganMs < durationMs) {
        const sentMs = performance.now();
        await call();
        latenciesMs.push(performance.now() - sentMs);
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    const seconds = (performance.now() - beganMs) / 1000;
    const p99Ms = latenciesMs.sort((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)] ?? Number.NaN;
    return { perSecond: latenciesMs.length / seconds, p99Ms };
  };
