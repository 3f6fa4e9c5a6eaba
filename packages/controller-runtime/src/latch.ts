/** Something that happens once, and that can be waited for. */
export interface Latch {
  readonly isOpen: boolean;
  open(): void;
  /** Resolves when the latch opens or the signal aborts; never rejects. */
  opened(signal: AbortSignal): Promise<void>;
}

export const createLatch = (): Latch => {
  const waiters = new Set<() => void>();
  let isOpen = false;
  return Object.freeze({
    get isOpen() {
      return isOpen;
    },
    open: () => {
      isOpen = true;
      for (const wake of waiters) wake();
    },
    opened: (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (isOpen || signal.aborted) return resolve();
        const wake = (): void => {
          waiters.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        waiters.add(wake);
        signal.addEventListener("abort", wake);
      }),
  });
};
