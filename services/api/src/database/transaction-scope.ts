import { AsyncLocalStorage } from "node:async_hooks";

/** Knows whether the code that asks runs inside a transaction, however many awaits lie between. */
export interface TransactionScope {
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  isInside(): boolean;
}

export const createTransactionScope = (): TransactionScope => {
  const current = new AsyncLocalStorage<{ open: boolean }>();
  return Object.freeze({
    run: async <Result>(work: () => Promise<Result>): Promise<Result> => {
      const scope = { open: true };
      try {
        return await current.run(scope, work);
      } finally {
        // What the work left running in the background is outside again.
        scope.open = false;
      }
    },
    isInside: () => current.getStore()?.open === true,
  });
};
