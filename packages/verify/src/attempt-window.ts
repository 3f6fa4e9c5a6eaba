/** How the last attempts went. */
export interface AttemptWindow {
  /** Takes one attempt more, forgets the oldest one beyond the size, and counts. */
  readonly add: (failed: boolean) => { readonly attempts: number; readonly failures: number };
}

export const createAttemptWindow = (size: number): AttemptWindow => {
  // A ring: `next` is the oldest place once all are taken.
  const failed: boolean[] = [];
  let next = 0;
  let failures = 0;
  return Object.freeze({
    add: (isFailure: boolean) => {
      if (failed[next]) failures -= 1;
      failed[next] = isFailure;
      if (isFailure) failures += 1;
      next = (next + 1) % size;
      return { attempts: failed.length, failures };
    },
  });
};
