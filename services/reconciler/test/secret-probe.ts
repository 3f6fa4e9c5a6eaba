import { setTimeout as sleep } from "node:timers/promises";

import { refusedValue } from "./refused-value.ts";
import { type Place, valueOf } from "./world.ts";

/** Reads the Secret all the time, as a workload may. */
export const probe = (place: Place) => {
  const refused: string[] = [];
  const probing = { isOver: false };
  const running = (async () => {
    while (!probing.isOver) {
      const value = await refusedValue({
        read: async () => valueOf(await place.secret()),
        verify: place.delivery.verify,
      });
      if (value !== null) refused.push(value);
      await sleep(1);
    }
  })();
  const stop = async (): Promise<readonly string[]> => {
    probing.isOver = true;
    await running;
    return refused;
  };
  return {
    /** Ends with the values that were readable and did not work. */
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
};
