import type { Timers } from "./timers.ts";

/** Passes events on; calls `onSilence` when the next one lets wait for longer than the limit. */
export async function* withInactivityLimit<T>(
  events: AsyncIterable<T>,
  options: { readonly limitMs: number; readonly timers: Timers; readonly onSilence: () => void },
): AsyncGenerator<T> {
  const { limitMs, timers, onSilence } = options;
  let cancel = timers.setTimeout(onSilence, limitMs);
  try {
    for await (const event of events) {
      cancel();
      yield event;
      cancel = timers.setTimeout(onSilence, limitMs);
    }
  } finally {
    cancel();
  }
}
