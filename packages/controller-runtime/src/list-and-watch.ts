import { type Backoff, fullJitter } from "./backoff.ts";
import { withInactivityLimit } from "./inactivity.ts";
import type { KubeClient, SelectionOptions, WatchEvent } from "./kube-client.ts";
import { isAborted, isGone, KubeError } from "./kube-error.ts";
import type { KubeObject, Stored } from "./kube-object.ts";
import type { ResourceType } from "./resource-type.ts";
import { sleep, systemTimers, type Timers } from "./timers.ts";

export type WatchChange<T extends KubeObject> = Exclude<WatchEvent<T>, { type: "BOOKMARK" }>;

export interface ListAndWatchOptions<T extends KubeObject> extends SelectionOptions {
  readonly client: KubeClient;
  readonly type: ResourceType<T>;
  /** Objects in a page of the list. Default 500. */
  readonly pageSize?: number;
  /** The server ends each watch after this time and up to as much again. Default 5 min. */
  readonly watchMs?: number;
  /** A watch that brought nothing, not even a bookmark (about one a minute), is started again. Default 3 min. */
  readonly inactivityMs?: number;
  /** Between tries after errors. Default: 500 ms doubling up to 30 s, full jitter. */
  readonly backoff?: Backoff;
  readonly timers?: Timers;
  readonly random?: () => number;
  /** Told of every error that was survived: requests, watches, handlers. */
  readonly onError?: (error: unknown) => void;
  readonly onList: (objects: readonly Stored<T>[]) => void;
  readonly onChange: (change: WatchChange<T>) => void;
  /** Told whenever the API server was heard, or a try failed: whoever hears this is not stuck. */
  readonly onSign?: () => void;
}

type Settings<T extends KubeObject> = Required<Omit<ListAndWatchOptions<T>, keyof SelectionOptions>> & {
  readonly selection: SelectionOptions;
};

/** Where the next watch starts; without it a list comes first. */
interface Position {
  resourceVersion: string | null;
  /** A continue token can expire in the middle of a list; the next list then comes in one piece. */
  paged: boolean;
}

// A watch that ended sooner and brought nothing is a failure in disguise, for example a proxy that closes it.
const shortWatchMs = 1_000;

export const defaultInactivityMs = 180_000;

const settingsOf = <T extends KubeObject>(options: ListAndWatchOptions<T>): Settings<T> => {
  const { namespace, labelSelector, fieldSelector } = options;
  const random = options.random ?? Math.random;
  return {
    pageSize: 500,
    watchMs: 300_000,
    inactivityMs: defaultInactivityMs,
    backoff: fullJitter({ baseMs: 500, maxMs: 30_000, random }),
    timers: systemTimers,
    onError: () => {},
    onSign: () => {},
    ...options,
    random,
    selection: {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    },
  };
};

const listAll = async <T extends KubeObject>(
  { client, type, selection, pageSize, onList, onSign }: Settings<T>,
  position: Position,
  signal: AbortSignal,
): Promise<void> => {
  const objects: Stored<T>[] = [];
  const limit = position.paged ? { limit: pageSize } : {};
  let page = await client.listPage(type, { ...selection, ...limit, signal });
  for (const object of page.items) objects.push(object);
  while (page.continue !== null) {
    onSign();
    page = await client.listPage(type, { ...selection, ...limit, continue: page.continue, signal });
    for (const object of page.items) objects.push(object);
  }
  onList(objects);
  position.paged = true;
  position.resourceVersion = page.resourceVersion;
};

/** Resolves when the watch ended, with true when it was of use. */
const watchOnce = async <T extends KubeObject>(
  settings: Settings<T>,
  position: Position,
  signal: AbortSignal,
): Promise<boolean> => {
  const { client, type, selection, timers, watchMs, inactivityMs, random, onError, onChange, onSign } = settings;
  const startedMs = timers.monotonicMs();
  const silence = new AbortController();
  const onSilence = (): void => {
    onError(new Error(`The watch of ${type.plural} was silent for ${inactivityMs} ms; it is started again.`));
    silence.abort();
  };
  const options = {
    ...selection,
    resourceVersion: position.resourceVersion ?? "",
    serverTimeoutMs: watchMs * (1 + random()),
  };
  const events = client.watch(type, options, AbortSignal.any([signal, silence.signal]));
  let useful = false;
  for await (const event of withInactivityLimit(events, { limitMs: inactivityMs, timers, onSilence })) {
    if (signal.aborted) break;
    onSign();
    if (event.type !== "BOOKMARK") onChange(event);
    position.resourceVersion = event.resourceVersion;
    useful = true;
  }
  return useful || (!silence.signal.aborted && timers.monotonicMs() - startedMs >= shortWatchMs);
};

/**
 * Lists, watches from there, and goes on for ever: a watch that ended is started again where it was, `Gone` leads to
 * a new list, every failure to a wait. Resolves only when the signal aborts, with no request left behind.
 */
export const listAndWatch = async <T extends KubeObject>(
  options: ListAndWatchOptions<T>,
  signal: AbortSignal,
): Promise<void> => {
  const settings = settingsOf(options);
  const position: Position = { resourceVersion: null, paged: true };
  let failures = 0;
  let askedToWaitMs = 0;
  while (!signal.aborted) {
    askedToWaitMs = 0;
    try {
      const listed = position.resourceVersion !== null;
      if (!listed) await listAll(settings, position, signal);
      const useful = await watchOnce(settings, position, signal);
      failures = useful ? 0 : failures + 1;
    } catch (error) {
      if (signal.aborted && isAborted(error)) return;
      failures += 1;
      if (isGone(error)) {
        position.paged = position.resourceVersion !== null;
        position.resourceVersion = null;
      }
      askedToWaitMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
      settings.onError(error);
    }
    settings.onSign();
    if (failures > 0) {
      const pauseMs = Math.max(askedToWaitMs, settings.backoff(failures - 1));
      await sleep(settings.timers, pauseMs, signal);
    }
  }
};
