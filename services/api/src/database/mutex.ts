/** Runs one piece of work at a time, in the order of the calls. */
export interface Mutex {
  /** Settles as `work` does; the next one begins after it settled either way. */
  readonly run: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

export const createMutex = (): Mutex => {
  let last: Promise<unknown> = Promise.resolve();
  return Object.freeze({
    run: <Result>(work: () => Promise<Result>): Promise<Result> => {
      const result = last.then(work);
      last = result.catch(() => undefined);
      return result;
    },
  });
};
