import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createManualTimers, settle } from "../test/manual-timers.ts";
import { aConfigMap } from "../test/objects.ts";
import type { EventNote } from "./event-content.ts";
import { createEventRecorder } from "./event-recorder.ts";
import type { KubeClient } from "./kube-client.ts";
import { KubeError } from "./kube-error.ts";
import type { Event } from "./resources.ts";
import { sleep } from "./timers.ts";

const anEvent = (given: Partial<EventNote> = {}): EventNote => ({
  type: "Normal",
  reason: "Tested",
  action: "Test",
  note: "It was tested.",
  ...given,
});

const start = (given: { queueMax?: number; fail?: () => Error | null; answersAfterMs?: number } = {}) => {
  const timers = createManualTimers();
  const created: Event[] = [];
  const patches: { series: { count: number } }[] = [];
  const errors: unknown[] = [];
  const attempts = { count: 0 };
  const guarded =
    <T>(run: () => T, { signal }: { readonly signal: AbortSignal }) =>
    async (): Promise<T> => {
      attempts.count += 1;
      const { answersAfterMs = 0 } = given;
      if (answersAfterMs > 0) await sleep(timers, answersAfterMs, signal);
      signal.throwIfAborted();
      const error = given.fail?.() ?? null;
      if (error !== null) throw error;
      return run();
    };
  type Options = { readonly signal: AbortSignal };
  const client = {
    create: (_: unknown, event: Event, options: Options) => guarded(() => created.push(event), options)(),
    // oxlint-disable-next-line max-params -- the signature is the client's
    mergePatch: (_: unknown, __: unknown, patch: { series: { count: number } }, options: Options) =>
      guarded(() => patches.push(patch), options)(),
  } as unknown as KubeClient;
  const recorder = createEventRecorder({
    client,
    component: "example.dev/tests",
    instance: "one",
    timers,
    clock: { now: () => new Date(timers.monotonicMs()) },
    onError: (error) => void errors.push(error),
    ...(given.queueMax === undefined ? {} : { queueMax: given.queueMax }),
  });
  return { recorder, timers, created, patches, errors, attempts };
};

const closedNow = async ({ recorder, timers }: Pick<ReturnType<typeof start>, "recorder" | "timers">) => {
  const closed = recorder.close(0);
  await timers.advance(1);
  await closed;
};

test("the same event a hundred times is one event and few writes, with the whole count at the end", async () => {
  const { recorder, timers, created, patches } = start();
  const object = aConfigMap();
  for (let i = 0; i < 100; i += 1) {
    recorder.record(object, anEvent());
    await timers.advance(1_000);
  }
  await recorder.close();
  expect(created).toHaveLength(1);
  expect(patches.length).toBeLessThanOrEqual(5);
  expect(patches.at(-1)?.series.count).toBe(100);
});

test("another reason, note or object is another event; after the series time a new one begins", async () => {
  const { recorder, timers, created } = start();
  const object = aConfigMap();
  recorder.record(object, anEvent());
  recorder.record(object, anEvent({ reason: "Other" }));
  recorder.record(object, anEvent({ note: "Other." }));
  recorder.record(aConfigMap(), anEvent());
  await timers.advance(400_000);
  expect(created).toHaveLength(4);
  recorder.record(object, anEvent());
  await timers.advance(1);
  expect(created).toHaveLength(5);
  await recorder.close();
});

test("what the server refuses for good is reported once, what it refuses for now is tried again", async () => {
  let error: Error | null = new KubeError({ status: 403, reason: "Forbidden", message: "no" });
  const { recorder, timers, created, errors, attempts } = start({ fail: () => error });
  recorder.record(aConfigMap(), anEvent());
  await timers.advance(60_000);
  expect([attempts.count, errors.length]).toEqual([1, 1]);
  error = new KubeError({ status: 0, reason: "Unreachable", message: "away" });
  recorder.record(aConfigMap(), anEvent());
  await timers.advance(1);
  error = null;
  await timers.advance(60_000);
  expect([created.length, errors.length]).toEqual([1, 1]);
  await recorder.close();
});

test("a server that stays away costs a bounded number of tries and a bounded memory", async () => {
  const away = () => new KubeError({ status: 0, reason: "Unreachable", message: "away" });
  const { recorder, timers, errors, attempts } = start({ fail: away, queueMax: 10 });
  for (let i = 0; i < 1_000; i += 1) recorder.record(aConfigMap(), anEvent());
  expect(errors).toHaveLength(990);
  await timers.advance(600_000);
  expect([attempts.count, errors.length]).toEqual([50, 1_000]);
  await recorder.close();
});

test("many objects with an event each, in a row, lose none", async () => {
  const { recorder, timers, created, errors } = start({ queueMax: 10 });
  for (let i = 0; i < 200; i += 1) {
    for (let j = 0; j < 5; j += 1) recorder.record(aConfigMap(), anEvent());
    await timers.advance(10);
  }
  expect([created.length, errors]).toEqual([1_000, []]);
  await recorder.close();
});

test("at most a fifth of the time is spent on events, and a slow server is asked again soon", async () => {
  const first = start({ answersAfterMs: 20 });
  const { recorder, timers, created, attempts } = first;
  for (let i = 0; i < 50; i += 1) recorder.record(aConfigMap(), anEvent());
  await timers.advance(10);
  expect(attempts.count).toBe(1);
  for (let i = 0; i < 100; i += 1) await timers.advance(10);
  expect(created).toHaveLength(10);
  await closedNow(first);

  const slow = start({ answersAfterMs: 20_000 });
  for (let i = 0; i < 2; i += 1) slow.recorder.record(aConfigMap(), anEvent());
  await slow.timers.advance(20_000);
  expect(slow.attempts.count).toBe(1);
  await slow.timers.advance(1_000);
  expect(slow.attempts.count).toBe(2);
  await closedNow(slow);
});

test("what waits at the end is sent without pauses, and what the time does not suffice for is told", async () => {
  const { recorder, timers, created, errors } = start({ answersAfterMs: 20 });
  for (let i = 0; i < 200; i += 1) recorder.record(aConfigMap(), anEvent());
  await timers.advance(1);
  const closed = recorder.close(100);
  for (let i = 0; i < 20; i += 1) await timers.advance(10);
  await closed;
  const left = 200 - created.length;
  expect(created.length).toBeGreaterThanOrEqual(64);
  expect(left).toBeGreaterThan(0);
  expect(errors).toEqual([new Error(`Dropped ${left} events: the time to send them was over.`)]);
});

test("series that are over give room to new ones", async () => {
  const { recorder, timers, created, errors } = start({ queueMax: 10 });
  for (let round = 0; round < 5; round += 1) {
    for (let i = 0; i < 10; i += 1) recorder.record(aConfigMap(), anEvent());
    await timers.advance(400_000);
  }
  expect([created.length, errors.length]).toEqual([50, 0]);
  await recorder.close();
});

test("record never throws, also after close, and a long note is cut between characters", async () => {
  const { recorder, timers, created } = start();
  recorder.record(aConfigMap(), anEvent({ note: "ü".repeat(2_000) }));
  await timers.advance(1);
  const note = created[0]?.note ?? "";
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
  expect(note).toMatch(/^ü+…$/);
  await recorder.close();
  recorder.record(aConfigMap(), anEvent());
  await settle();
  expect(created).toHaveLength(1);
});

test("a written event that only waits for equal ones takes little memory", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const usedBytes = (): number => {
    for (let round = 0; round < 3; round += 1) collect();
    return getHeapStatistics().used_heap_size;
  };
  const { recorder, timers, created } = start();
  const text = JSON.stringify([
    aConfigMap(),
    anEvent({ note: `Revision 1 is in Secret "website". ${"x".repeat(80)}` }),
  ]);
  const recordAndWrite = async (events: number): Promise<void> => {
    for (let at = 0; at < events; at += 1) {
      const [object, event] = JSON.parse(text);
      // As they come from an API server: all texts are their own.
      recorder.record({ ...object, metadata: { ...object.metadata, uid: crypto.randomUUID() } }, event);
    }
    await timers.advance(1);
    created.length = 0;
  };
  // Code that is compiled once is no cost of an event.
  await recordAndWrite(100);
  const beforeBytes = usedBytes();
  await recordAndWrite(800);
  expect((usedBytes() - beforeBytes) / 800).toBeLessThan(700);
  await recorder.close();
});
