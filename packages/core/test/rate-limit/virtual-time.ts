/** True time, in milliseconds from the start of a simulation. Nobody in it can read this clock but the judge. */
export interface VirtualTime {
  nowMs(): number;
  /** Runs something at an instant, after what was asked for earlier at the same instant. */
  at(atMs: number, run: () => void): void;
  /** Runs everything up to and including the instant. */
  runUntil(untilMs: number): Promise<void>;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

const isBefore = (a: Event, b: Event) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** A binary heap. */
const createAgenda = () => {
  const heap: Event[] = [];
  const swap = (i: number, j: number) => {
    const held = heap[i] as Event;
    heap[i] = heap[j] as Event;
    heap[j] = held;
  };
  return {
    first: (): Event | undefined => heap[0],
    add: (event: Event) => {
      let at = heap.push(event) - 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!isBefore(event, heap[parent] as Event)) break;
        swap(at, parent);
        at = parent;
      }
    },
    removeFirst: () => {
      swap(0, heap.length - 1);
      heap.pop();
      for (let at = 0; ; ) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) {
          const event = heap[child];
          if (event !== undefined && isBefore(event, heap[least] as Event)) least = child;
        }
        if (least === at) return;
        swap(at, least);
        at = least;
      }
    },
  };
};

/** All that promises have to do is done before time goes on. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

export const createVirtualTime = (): VirtualTime => {
  const agenda = createAgenda();
  let nowMs = 0;
  let order = 0;
  return {
    nowMs: () => nowMs,
    at: (atMs, run) => agenda.add({ atMs: Math.max(atMs, nowMs), order: order++, run }),
    runUntil: async (untilMs) => {
      for (let next = agenda.first(); next !== undefined && next.atMs <= untilMs; next = agenda.first()) {
        agenda.removeFirst();
        nowMs = next.atMs;
        next.run();
        await settle();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
};
