import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Timers } from "../revocation/ports.ts";
import { createUsageCounter } from "./usage-counter.ts";
import { startUsageWriter } from "./usage-writer.ts";
import type { UsageBatch } from "./write-usage.ts";

/** How the database takes a batch: as it should; not at all; or so that nobody hears of it. */
type Fate = "written" | "refused" | "answer lost";

const never: Timers = { after: () => () => undefined };
const soon: Timers = {
  after: (_ms, run) => {
    const handle = setImmediate(run);
    return () => clearImmediate(handle);
  },
};

const started = (timers: Timers = never) => {
  const counter = createUsageCounter({ entriesMax: 100_000 });
  const faults: unknown[] = [];
  let fates: Fate[] = [];
  let lastBatch = 0;
  let stored = 0;
  const forgotten: string[] = [];
  const write = async (batch: UsageBatch) => {
    const fate = fates.shift() ?? "written";
    if (fate === "refused") throw new Error("refused");
    // As the table of writers does it.
    if (batch.batch > lastBatch) {
      lastBatch = batch.batch;
      for (const { scopeId, requests } of batch.hours) if (scopeId.startsWith("ws_")) stored += requests;
    }
    if (fate === "answer lost") throw new Error("answer lost");
  };
  let rounds = 0;
  const writer = startUsageWriter({
    counter,
    write,
    afterwards: async () => void (rounds += 1),
    forget: async (id) => void forgotten.push(id),
    writerId: "writer-1",
    timers,
    onFault: (fault) => faults.push(fault),
  });
  return {
    writer,
    counter,
    faults,
    forgotten,
    stored: () => stored,
    rounds: () => rounds,
    willBe: (next: readonly Fate[]) => (fates = [...next]),
    use: (versions: number) => {
      for (let index = 0; index < versions; index += 1) {
        const of = { workspaceId: "ws_1", projectId: "prj_1", keyId: `key_${index}`, versionId: `ver_${index}` };
        counter.count({ ...of, retiring: false }, { outcome: "VALID", cost: 1, nowMs: 1_800_000_000_000 });
      }
    },
  };
};

describe("counts", () => {
  test("are in the database once, whatever becomes of the batches", async () => {
    const fate = fc.constantFrom<Fate>("written", "refused", "answer lost");
    const step = fc.record({ used: fc.nat(30), fates: fc.array(fate, { maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { writer, use, willBe, stored } = started();
        let used = 0;
        for (const { used: more, fates } of steps) {
          use(more);
          used += more;
          willBe(fates);
          await Promise.all([writer.flush(), writer.flush()]);
          expect(stored()).toBeLessThanOrEqual(used);
        }
        willBe([]);
        expect(await writer.flush()).toBe(true);
        expect(stored()).toBe(used);
      }),
    );
  });

  test("of more versions than fit into a batch are written by one flush", async () => {
    const { writer, use, stored, rounds } = started();
    use(4500);
    expect(await writer.flush()).toBe(true);
    expect([stored(), rounds()]).toEqual([4500, 1]);
  });
});

describe("a process that ends", () => {
  test("writes what is left, also when the database only takes it after a while, and leaves no row", async () => {
    const { writer, use, willBe, stored, forgotten, faults } = started({
      // The bound of the whole is not reached.
      after: (ms, run) => (ms >= 1000 ? () => undefined : soon.after(ms, run)),
    });
    use(7);
    willBe(["refused", "answer lost", "refused"]);
    expect(await writer.stop()).toBe(0);
    expect([stored(), faults.length, forgotten]).toEqual([7, 3, ["writer-1"]]);
  });

  test("does not wait for ever, and tells what is lost", async () => {
    const { writer, use, willBe, forgotten } = started(soon);
    use(7);
    willBe(Array.from({ length: 1000 }, () => "refused"));
    expect(await writer.stop()).toBe(7);
    expect(forgotten).toEqual([]);
  });
});
