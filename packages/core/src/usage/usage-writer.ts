import { createPauses } from "../revocation/pauses.ts";
import type { Timers } from "../revocation/ports.ts";
import type { UsageCounter } from "./usage-counter.ts";
import { usageRows } from "./usage-rows.ts";
import type { UsageBatch } from "./write-usage.ts";

/** With the time that a batch takes, a count is in the database a second after it was made. */
const FLUSH_EVERY_MS = 800;
/** Versions in one batch: its transaction stays short. */
const BATCH_MAX = 2000;
/** For how long a process that ends tries to write what is left. */
const STOP_WITHIN_MS = 5000;
const STOP_RETRY_MS = 100;

export interface UsageWriterDeps {
  readonly counter: UsageCounter;
  readonly write: (batch: UsageBatch) => Promise<void>;
  /** Done after each round in which everything was written. */
  readonly afterwards: () => Promise<void>;
  readonly forget: (writerId: string) => Promise<void>;
  readonly writerId: string;
  readonly timers: Timers;
  /** Told of every batch that failed. Its counts are kept, and written by the next attempt. */
  readonly onFault: (fault: unknown) => void;
}

export interface UsageWriter {
  /** Whether everything that was counted before the call is in the database. */
  flush(): Promise<boolean>;
  /** Lets the next round come at once. */
  hurry(): void;
  /** Writes what is left; to be called after the last request. How many versions' counts could not be written. */
  stop(): Promise<number>;
}

/** Writes counts about once a second, batch after batch. A batch that failed is sent again as it was, before any other. */
export const startUsageWriter = (deps: UsageWriterDeps): UsageWriter => {
  const { counter, write, afterwards, forget, writerId, timers, onFault } = deps;
  const pauses = createPauses(timers);
  let number = 0;
  let unsent: { readonly batch: UsageBatch; readonly entries: number } | null = null;

  const next = () => {
    const entries = counter.take(BATCH_MAX);
    if (entries.length === 0) return null;
    number += 1;
    return { batch: { writerId, batch: number, ...usageRows(entries) }, entries: entries.length };
  };

  const drain = async (): Promise<boolean> => {
    // What comes while it writes is the next call's: requests that do not end would keep it here.
    let left = counter.size + (unsent?.entries ?? 0);
    while (left > 0) {
      unsent ??= next();
      if (unsent === null) break;
      try {
        await write(unsent.batch);
      } catch (fault) {
        onFault(fault);
        return false;
      }
      left -= unsent.entries;
      unsent = null;
    }
    await afterwards().catch(onFault);
    return true;
  };

  let draining: Promise<boolean> = Promise.resolve(true);
  // One after the other: a batch must not be sent twice at once.
  const flush = () => (draining = draining.then(drain));

  const loop = (async () => {
    for (;;) {
      await pauses.pause(FLUSH_EVERY_MS);
      if (pauses.isEnded) return;
      await flush();
    }
  })();

  const finish = async (isLate: () => boolean) => {
    await loop;
    while (!(await flush()) && !isLate()) {
      await new Promise<void>((resolve) => void timers.after(STOP_RETRY_MS, resolve));
    }
  };

  let isHurried = false;
  const hurry = () => {
    if (isHurried || pauses.isEnded) return;
    isHurried = true;
    void flush().then(() => (isHurried = false));
  };

  return Object.freeze({
    flush,
    hurry,
    stop: async () => {
      pauses.end();
      const late = Promise.withResolvers<void>();
      let isLate = false;
      const cancel = timers.after(STOP_WITHIN_MS, () => {
        isLate = true;
        late.resolve();
      });
      // An attempt that hangs is not waited for: whoever ends the process has a bound of their own.
      await Promise.race([late.promise, finish(() => isLate)]);
      cancel();
      const left = counter.size + (unsent?.entries ?? 0);
      // The row would be removed by and by; a process that ends in order leaves none.
      if (left === 0 && number > 0) await forget(writerId).catch(onFault);
      return left;
    },
  });
};
