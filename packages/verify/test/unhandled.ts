/** Collects the rejections that nobody handled; they would end a process that did not ask to be told. */
export const watchUnhandled = () => {
  const reasons: unknown[] = [];
  const note = (reason: unknown) => void reasons.push(reason);
  process.on("unhandledRejection", note);
  return {
    /** All so far. Node.js tells of them once the promises of the turn have been heard. */
    reasons: async (): Promise<readonly unknown[]> => {
      await new Promise((resolve) => setImmediate(resolve));
      return reasons;
    },
    [Symbol.dispose]: () => void process.off("unhandledRejection", note),
  };
};
