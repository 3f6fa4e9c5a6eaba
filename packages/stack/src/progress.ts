/** Says what takes place, and how long each step took. */
export interface Progress {
  readonly step: <Result>(what: string, work: () => Promise<Result>) => Promise<Result>;
  /** A line of something long that is under way. */
  readonly detail: (line: string) => void;
}

export const createProgress = (write: (line: string) => void): Progress => ({
  step: async (what, work) => {
    const startedMs = performance.now();
    write(`• ${what} …`);
    const result = await work();
    write(`  ${what}: done in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
    return result;
  },
  detail: (line) => write(`  ${line}`),
});
