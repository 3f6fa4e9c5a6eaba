import { expect, test } from "vitest";
import { createManualTimers, settle } from "../test/manual-timers.ts";
import { aConfigMap } from "../test/objects.ts";
import type { KubeClient, ListOptions, ListPage, WatchEvent } from "./kube-client.ts";
import { KubeError } from "./kube-error.ts";
import { createReflector } from "./reflector.ts";
import { type ConfigMap, ConfigMaps } from "./resources.ts";

const gone = (): KubeError => new KubeError({ status: 410, reason: "Expired", message: "too old" });

/** A client whose lists and watches are given; a watch that is not given stays open and silent. */
const scripted = (script: {
  readonly list: (options: ListOptions) => ListPage<ConfigMap>;
  readonly watches?: (() => AsyncIterable<WatchEvent<ConfigMap>>)[];
}) => {
  const lists: ListOptions[] = [];
  const watchedFrom: (string | undefined)[] = [];
  const client = {
    listPage: async (_: unknown, options: ListOptions) => {
      lists.push(options);
      return script.list(options);
    },
    async *watch(_: unknown, options: { resourceVersion?: string }, signal: AbortSignal) {
      watchedFrom.push(options.resourceVersion);
      const next = script.watches?.shift();
      if (next !== undefined) yield* next();
      else await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  } as unknown as KubeClient;
  return { client, lists, watchedFrom };
};

const page = (items: ListPage<ConfigMap>["items"], given: Partial<ListPage<ConfigMap>> = {}): ListPage<ConfigMap> => ({
  items,
  resourceVersion: "100",
  continue: null,
  ...given,
});

const start = (client: KubeClient) => {
  const timers = createManualTimers();
  const errors: unknown[] = [];
  const stop = new AbortController();
  const reflector = createReflector({
    client,
    type: ConfigMaps,
    timers,
    random: () => 0.5,
    onError: (error) => void errors.push(error),
  });
  return { reflector, timers, errors, stop, run: () => reflector.run(stop.signal) };
};

test("a continue token that expires leads to a list in one piece", async () => {
  const objects = [aConfigMap({ name: "a" }), aConfigMap({ name: "b" })];
  const { client, lists } = scripted({
    list: ({ limit, continue: token }) => {
      if (limit === undefined) return page(objects);
      if (token !== undefined) throw gone();
      return page(objects.slice(0, 1), { continue: "next" });
    },
  });
  const { reflector, timers, stop, run } = start(client);
  const running = run();
  await timers.advance(10_000);
  expect(reflector.store.size).toBe(2);
  expect(lists.map(({ limit }) => limit)).toEqual([500, 500, undefined]);
  stop.abort();
  await running;
});

test("a watch that always says Gone does not turn into a storm of lists", async () => {
  const { client, lists } = scripted({
    list: () => page([]),
    watches: Array.from({ length: 1_000 }, () => () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(gone()) }),
    })),
  });
  const { timers, stop, run } = start(client);
  const running = run();
  await timers.advance(10 * 60_000);
  expect(lists.length).toBeLessThan(60);
  stop.abort();
  await running;
});

test("a watch that is closed at once, again and again, is not tried in a loop", async () => {
  const { client, watchedFrom } = scripted({
    list: () => page([]),
    watches: Array.from({ length: 1_000 }, () => async function* () {}),
  });
  const { timers, stop, run } = start(client);
  const running = run();
  await timers.advance(10 * 60_000);
  expect(watchedFrom.length).toBeLessThan(60);
  stop.abort();
  await running;
});

test("a new watch starts where the last bookmark was", async () => {
  const { client, watchedFrom } = scripted({
    list: () => page([]),
    watches: [
      async function* () {
        yield { type: "BOOKMARK", resourceVersion: "200" };
      },
    ],
  });
  const { timers, stop, run } = start(client);
  const running = run();
  await timers.advance(10_000);
  expect(watchedFrom).toEqual(["100", "200"]);
  stop.abort();
  await running;
});

test("a handler that throws is reported and stops nothing, neither the others nor the watch", async () => {
  const added = aConfigMap({ name: "b" });
  const { client } = scripted({
    list: () => page([aConfigMap({ name: "a" })]),
    watches: [
      async function* () {
        yield { type: "ADDED", object: added, resourceVersion: "101" };
      },
    ],
  });
  const { reflector, timers, errors, stop, run } = start(client);
  const seen: string[] = [];
  reflector.subscribe(() => {
    throw new Error("boom");
  });
  const late: () => unknown = () => Promise.reject(new Error("late boom"));
  reflector.subscribe(late);
  reflector.subscribe((delta) => void seen.push(delta.type));
  const running = run();
  await timers.advance(1_000);
  expect(seen).toEqual(["added", "added"]);
  expect(errors.map(String).sort()).toEqual(["Error: boom", "Error: boom", "Error: late boom", "Error: late boom"]);
  stop.abort();
  await running;
});

test("who subscribes late is told of everything that is there, and of nothing after it unsubscribed", async () => {
  const { client } = scripted({ list: () => page([aConfigMap({ name: "a" })]) });
  const { reflector, timers, stop, run } = start(client);
  const running = run();
  await timers.advance(1);
  const seen: string[] = [];
  const unsubscribe = reflector.subscribe((delta) => void seen.push(delta.type));
  unsubscribe();
  expect(seen).toEqual(["added"]);
  stop.abort();
  await running;
});

test("a server that is away is asked again, more and more seldom, and run never rejects", async () => {
  const { client, lists } = scripted({
    list: () => {
      throw new KubeError({ status: 0, reason: "Unreachable", message: "away" });
    },
  });
  const { reflector, timers, errors, stop, run } = start(client);
  const running = run();
  await timers.advance(10 * 60_000);
  expect(reflector.hasSynced).toBe(false);
  expect(lists.length).toBe(errors.length);
  expect(lists.length).toBeGreaterThan(30);
  expect(lists.length).toBeLessThan(60);
  stop.abort();
  await running;
  await settle();
  expect(timers.pending).toBe(0);
});
