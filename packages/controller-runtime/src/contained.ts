type Listener<A extends readonly unknown[]> = (...args: A) => unknown;

const drop = (): void => {};

/**
 * A listener that cannot hurt its caller: what it throws, at once or (an async function passes for a `void` one) later,
 * goes to `onError`, and what that throws goes nowhere.
 */
export const contained =
  <A extends readonly unknown[]>(listener: Listener<A>, onError: Listener<[unknown]> = drop) =>
  (...args: A): void => {
    const report = (error: unknown): void => (onError === drop ? undefined : contained(onError)(error));
    try {
      const result = listener(...args);
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    }
  };
