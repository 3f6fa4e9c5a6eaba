import { createHook } from "node:async_hooks";

const held: object[] = [];

/**
 * Keeps one of the objects that `process.nextTick` queues. V8 knows their shape by weak references only: a full garbage
 * collection at a moment when no tick waits forgets it, and from then on each tick of the process, several for a
 * request, costs four times as much (`bench/next-tick.ts`). To be called before the first such collection: before
 * most of the program is loaded.
 */
export const keepTickShape = (): void => {
  const hook = createHook({
    // oxlint-disable-next-line max-params -- Node.js calls it with these four
    init: (_asyncId, type, _triggerAsyncId, resource) => {
      if (type === "TickObject") held.push(resource);
    },
  }).enable();
  process.nextTick(() => undefined);
  hook.disable();
};
