/** Goes on with a value: at once, or when its promise is fulfilled; a rejection fails the visit. */
export type Settle<Visit> = <Value>(visit: Visit, value: Value | Promise<Value>, next: (value: Value) => void) => void;

/** For the raw doors: what needs no promise is done without one. What `next` throws at once is the caller's to catch. */
export const createSettle = <Visit>(fail: (visit: Visit, thrown: unknown) => void): Settle<Visit> => {
  const later = async <Value>(visit: Visit, value: Promise<Value>, next: (value: Value) => void) => {
    try {
      next(await value);
    } catch (error) {
      fail(visit, error);
    }
  };

  return (visit, value, next) => {
    if (value instanceof Promise) void later(visit, value, next);
    else next(value);
  };
};
