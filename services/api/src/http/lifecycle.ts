/** Whether the service takes new work. */
export interface Lifecycle {
  readonly draining: boolean;
  /** From now on the service is not ready, and every answer ends its connection. */
  drain(): void;
}

export const createLifecycle = (): Lifecycle => {
  let draining = false;
  return Object.freeze({
    get draining() {
      return draining;
    },
    drain: () => {
      draining = true;
    },
  });
};
