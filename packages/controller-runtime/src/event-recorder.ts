import { contained } from "./contained.ts";
import { type EventNote, eventKeyOf, eventOf, newEventName, type Told, withoutContent } from "./event-content.ts";
import type { KubeClient } from "./kube-client.ts";
import { isNotFound, KubeError } from "./kube-error.ts";
import type { KubeObject } from "./kube-object.ts";
import { microTime } from "./lease-record.ts";
import { Events } from "./resources.ts";
import { type Clock, sleep, systemClock, systemTimers, type Timers } from "./timers.ts";
import { createWorkQueue } from "./work-queue.ts";

export interface EventRecorder {
  /** Queues an event about the object. Returns at once and never throws; when the queue is full the event is dropped. */
  record(object: KubeObject, event: EventNote): void;
  /** Sends what is queued, at most for `timeoutMs`, and stops. What is left then is told to `onError` as one number. */
  close(timeoutMs?: number): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** `reportingController`, for example `keys.itsy.dev/reconciler`. */
  readonly component: string;
  /** `reportingInstance`, for example the pod's name. */
  readonly instance: string;
  /** The same object, type, reason, action and note within this time after the last become one series. Default 6 min. */
  readonly seriesMs?: number;
  /** A running series is written at most so often. Default 30 s. */
  readonly seriesWriteMs?: number;
  /** Events that are in memory: that wait to be sent or, while there is room, that equal ones may join. Default 10,000. */
  readonly queueMax?: number;
  readonly timers?: Timers;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Told of every event that could not be written or was dropped. */
  readonly onError?: (error: unknown) => void;
}

/** What is to be said: needed until it is written, and told anew by the next equal event. */
type Content = Omit<Told, "count" | "firstAtMs">;

/**
 * One event and what came of it: the queue holds its key, the latest count is written. A written one only waits for equal
 * ones, for some minutes: so many of them are in memory that each has to be small.
 */
interface Series {
  /** `null` when everything is written. */
  content: Content | null;
  readonly firstAtMs: number;
  /** Of the Event; empty until one is made. */
  eventName: string;
  lastMs: number;
  count: number;
  countWritten: number;
  writtenMs: number;
}

const attemptsMax = 5;
/**
 * After each write it waits for so many times as long as that took, up to a bound: a burst of work, which makes the API
 * server slow, is over before all is told of it.
 */
const PAUSE_FACTOR = 4;
const PAUSE_MAX_MS = 1_000;
/** When all that is left has to go. */
const FLUSHES_AT_ONCE = 16;

/** A refusal that another try would meet again. */
const isFinal = (error: unknown): boolean =>
  error instanceof KubeError && error.status >= 400 && error.status < 500 && error.status !== 429;

/**
 * Writes events one at a time, for at most a fifth of the time: nobody waits for them, and what they tell of comes first.
 */
export const createEventRecorder = (options: EventRecorderOptions): EventRecorder => {
  const { client, timers = systemTimers, clock = systemClock, random = Math.random } = options;
  const onError = contained(options.onError ?? (() => {}));
  const { seriesMs = 360_000, seriesWriteMs = 30_000, queueMax = 10_000 } = options;
  const seriesByKey = new Map<string, Series>();
  const queue = createWorkQueue({ timers });
  const stop = new AbortController();
  const closing = new AbortController();

  const isWritten = ({ count, countWritten }: Series): boolean => count === countWritten;

  const write = async (series: Series, content: Content): Promise<void> => {
    const { count, firstAtMs } = series;
    const { lastAt, object } = content;
    const namespace = object.metadata.namespace ?? "default";
    const { signal } = stop;
    if (series.eventName === "") {
      const name = newEventName(object, random());
      await client.create(Events, eventOf({ ...content, count, firstAtMs }, name, options), { signal });
      series.eventName = name;
    } else {
      const patch = { series: { count, lastObservedTime: microTime(lastAt) } };
      await client.mergePatch(Events, { namespace, name: series.eventName }, patch, { signal });
    }
    series.countWritten = count;
    series.writtenMs = timers.monotonicMs();
    if (isWritten(series)) series.content = null;
  };

  /** The API server forgets events after a time (an hour by default); the series then begins anew. */
  const writeOrBeginAnew = async (series: Series, content: Content): Promise<void> => {
    try {
      await write(series, content);
    } catch (error) {
      if (series.eventName === "" || !isNotFound(error)) throw error;
      series.eventName = "";
      await write(series, content);
    }
  };

  const send = async (key: string): Promise<void> => {
    const series = seriesByKey.get(key);
    if (series === undefined || series.content === null) return;
    try {
      await writeOrBeginAnew(series, series.content);
      queue.forget(key);
    } catch (error) {
      if (stop.signal.aborted) return;
      if (!isFinal(error) && queue.failures(key) + 1 < attemptsMax) return queue.addRateLimited(key);
      queue.forget(key);
      seriesByKey.delete(key);
      onError(error);
    }
  };

  const work = async (): Promise<void> => {
    for (let item = await queue.next(); item !== null; item = await queue.next()) {
      const startedMs = timers.monotonicMs();
      await send(item.key);
      item.done();
      const pauseMs = Math.min(PAUSE_MAX_MS, PAUSE_FACTOR * (timers.monotonicMs() - startedMs));
      if (pauseMs > 0) await sleep(timers, pauseMs, closing.signal);
    }
  };

  /** Forgets series that nobody can add to any more; they are in order of their last event. */
  const forgetOld = (nowMs: number): void => {
    for (const [key, series] of seriesByKey) {
      if (nowMs - series.lastMs < seriesMs) return;
      if (isWritten(series)) seriesByKey.delete(key);
    }
  };

  /** Makes room: an event that is written can be spared. The next equal one is an Event of its own. */
  const forgetOne = (): boolean => {
    for (const [key, series] of seriesByKey) if (isWritten(series)) return seriesByKey.delete(key);
    return false;
  };

  const begin = (): Series => {
    const counts = { count: 0, countWritten: 0, lastMs: 0, writtenMs: Number.NEGATIVE_INFINITY };
    return { content: null, firstAtMs: clock.now().getTime(), eventName: "", ...counts };
  };

  const record: EventRecorder["record"] = (object, event) => {
    if (stop.signal.aborted) return;
    const nowMs = timers.monotonicMs();
    forgetOld(nowMs);
    const key = eventKeyOf(object, event);
    const known = seriesByKey.get(key);
    const isRunning = known !== undefined && (nowMs - known.lastMs < seriesMs || !isWritten(known));
    if (!isRunning && seriesByKey.size >= queueMax && !forgetOne())
      return onError(new Error(`Dropped an event (${event.reason}): ${queueMax} are in memory already.`));
    const series = isRunning ? known : begin();
    seriesByKey.delete(key);
    seriesByKey.set(key, series);
    series.count += 1;
    series.content = { object: withoutContent(object), event, lastAt: clock.now() };
    series.lastMs = nowMs;
    queue.addAfter(key, series.writtenMs + seriesWriteMs - nowMs);
  };

  const working = work();

  const flush = async (): Promise<void> => {
    queue.shutdown();
    closing.abort();
    await working;
    const left = seriesByKey.keys();
    const sendSome = async (): Promise<void> => {
      for (const key of left) await send(key);
    };
    await Promise.all(Array.from({ length: FLUSHES_AT_ONCE }, sendSome));
  };

  const close = async (timeoutMs = 5_000): Promise<void> => {
    const timeIsUp = new AbortController();
    await Promise.race([flush().finally(() => timeIsUp.abort()), sleep(timers, timeoutMs, timeIsUp.signal)]);
    timeIsUp.abort();
    stop.abort();
    await working;
    const unsent = [...seriesByKey.values()].filter((series) => !isWritten(series)).length;
    if (unsent > 0) onError(new Error(`Dropped ${unsent} events: the time to send them was over.`));
  };

  return Object.freeze({ record, close });
};
