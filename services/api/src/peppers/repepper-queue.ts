import type { OldPepper } from "@itsy/core";

import type { Logger } from "../logger.ts";

/** Bounds what the writes cost: at most so many rows in one transaction, so often. */
const BATCH = 50;
const EVERY_MS = 250;
const AFTER_FAULT_MS = 5000;

/** What was presented under an old pepper, and waits to be written under the current one. */
export interface RepepperQueue extends AsyncDisposable {
  /** Costs nothing worth mentioning, and never waits. What does not fit comes again when it is next presented. */
  readonly add: (found: OldPepper) => void;
  readonly figures: { readonly written: number; readonly waiting: number };
}

export interface RepepperQueueDeps {
  readonly repepper: (found: readonly OldPepper[]) => Promise<number>;
  /**
   * Told of the keys and tokens of which something was written: what is remembered of them is to be looked up again.
   * Never of what could not be written, or each request would be a lookup for as long as that lasts.
   */
  readonly onWritten: (keyIds: readonly string[]) => void;
  /** As many may have to wait as are remembered. */
  readonly entriesMax: number;
  readonly logger: Pick<Logger, "warn">;
}

const nameOf = ({ kind, secretSha256 }: OldPepper) => `${kind} ${Buffer.from(secretSha256).toString("latin1")}`;

/** Keeps to the side of the verify path: a timer writes batch after batch, as long as there is something to write. */
export const createRepepperQueue = ({ repepper, onWritten, entriesMax, logger }: RepepperQueueDeps): RepepperQueue => {
  const waiting = new Map<string, OldPepper>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isEnded = false;
  let written = 0;

  const write = async (): Promise<number> => {
    const batch = [...waiting].slice(0, BATCH);
    try {
      written += await repepper(batch.map(([, found]) => found));
    } catch (error) {
      // They stay in line: nobody has to present them again.
      logger.warn({ err: error }, "digests under an old pepper could not be written anew");
      return AFTER_FAULT_MS;
    }
    for (const [name] of batch) waiting.delete(name);
    onWritten(batch.map(([, { keyId }]) => keyId));
    return EVERY_MS;
  };

  const schedule = (delayMs: number): void => {
    if (isEnded || timer !== undefined || waiting.size === 0) return;
    timer = setTimeout(() => {
      writing = write().then((nextMs) => {
        timer = undefined;
        schedule(nextMs);
      });
    }, delayMs);
    timer.unref();
  };

  return Object.freeze({
    add: (found: OldPepper) => {
      if (waiting.size >= entriesMax) return;
      waiting.set(nameOf(found), found);
      schedule(EVERY_MS);
    },
    figures: {
      get written() {
        return written;
      },
      get waiting() {
        return waiting.size;
      },
    },
    [Symbol.asyncDispose]: async () => {
      isEnded = true;
      clearTimeout(timer);
      await writing;
    },
  });
};
