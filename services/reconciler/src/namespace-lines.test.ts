import { waitUntil } from "@itsy/testbed";
import { expect, test } from "vitest";

import { createNamespaceLines } from "./namespace-lines.ts";

/** Work that ends only when told, and is remembered in the order in which it began. */
const createSlowWork = () => {
  const begun: string[] = [];
  const open: (() => void)[] = [];
  let atOnceMax = 0;
  return {
    begun,
    atOnce: () => open.length,
    atOnceMax: () => atOnceMax,
    of: (name: string) => async () => {
      begun.push(name);
      const { promise, resolve } = Promise.withResolvers<void>();
      open.push(resolve);
      atOnceMax = Math.max(atOnceMax, open.length);
      await promise;
      return name;
    },
    endOne: () => open.shift()?.(),
  };
};

const crowdOf = (count: number) => Array.from({ length: count }, (_, at) => `crowded-${at}`);

test("a namespace with much work does not keep the others waiting, and the bound over all holds", async () => {
  const lines = createNamespaceLines({ concurrency: 3, namespaceConcurrency: 2 });
  const work = createSlowWork();
  const crowd = crowdOf(50).map((name) => lines.run("crowded", work.of(name)));
  const other = lines.run("quiet", work.of("quiet"));
  await waitUntil(() => work.begun.length === 3, { what: "the root is full" });
  // Two of the crowd and, before the third of the crowd, the quiet one.
  expect(work.begun).toContain("quiet");
  const ended = Promise.all([...crowd, other]);
  await waitUntil(
    () => {
      work.endOne();
      return work.begun.length === 51 && work.atOnce() === 0;
    },
    { what: "everything has ended", intervalMs: 1 },
  );
  expect(await ended).toHaveLength(51);
  expect(work.atOnceMax()).toBe(3);
});

test("once closed, what waits is not begun, and what runs ends as usual", async () => {
  const lines = createNamespaceLines({ concurrency: 1, namespaceConcurrency: 1 });
  const work = createSlowWork();
  const [running, ...waiting] = crowdOf(3).map((name) => lines.run("crowded", work.of(name)));
  await waitUntil(() => work.begun.length === 1, { what: "the first is at work" });
  lines.close();
  work.endOne();
  expect(await running).toBe("crowded-0");
  expect(await Promise.all(waiting)).toEqual([null, null]);
  expect(work.begun).toEqual(["crowded-0"]);
});

test("a failure reaches the caller, and the line goes on", async () => {
  const lines = createNamespaceLines({ concurrency: 1, namespaceConcurrency: 1 });
  await expect(lines.run("shop", () => Promise.reject(new Error("once")))).rejects.toThrow("once");
  await expect(lines.run("shop", () => Promise.resolve(1))).resolves.toBe(1);
});
