/** Calls what has no say in anything: what it throws, or rejects with later, is ignored. */
export const unheeded = (call: () => unknown): void => {
  new Promise((resolve) => resolve(call())).catch(() => {});
};
