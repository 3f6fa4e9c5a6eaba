import { expect, test } from "vitest";
import { startFedController as start } from "../test/fed-controller.ts";
import { settle } from "../test/manual-timers.ts";
import { aConfigMap } from "../test/objects.ts";
import { formatName } from "./object-name.ts";
import type { ConfigMap } from "./resources.ts";

test("no work begins before the sources are complete", async () => {
  const seen: string[] = [];
  const { put, sync, controller, stop, running } = start({
    reconcile: async (name) => void seen.push(formatName(name)),
  });
  put(aConfigMap({ name: "a" }));
  await settle();
  expect([seen, controller.health().synced]).toEqual([[], false]);
  sync();
  await settle();
  expect([seen, controller.health().synced]).toEqual([["default/a"], true]);
  stop.abort();
  await running;
});

test("a change concerns the names of the old object and of the new one, unless the predicate says no", async () => {
  const seen: string[] = [];
  const teamOf = ({ metadata }: ConfigMap): string => metadata.labels?.["team"] ?? "";
  const started = start(
    { reconcile: async (name) => void seen.push(formatName(name)) },
    {
      toNames: (object) => [{ name: teamOf(object) }],
      predicate: (delta) => delta.type !== "updated" || teamOf(delta.old) !== teamOf(delta.object),
    },
  );
  started.sync();
  await settle();
  const change = (team: string) => started.put(aConfigMap({ name: "a", uid: "1", labels: { team } }));
  change("red");
  await settle();
  change("red");
  await settle();
  change("blue");
  await settle();
  expect(seen).toEqual(["red", "blue", "red"]);
  started.stop.abort();
  await started.running;
});

test("a name is looked at again when reconcile asked for it", async () => {
  let runs = 0;
  const { put, sync, timers, stop, running } = start({
    reconcile: async () => {
      runs += 1;
      return { requeueAfterMs: 60_000 };
    },
  });
  put(aConfigMap());
  sync();
  await timers.advance(3 * 60_000);
  expect(runs).toBe(4);
  stop.abort();
  await running;
});

test("after a start what was there waits its turn, each once; what changes meanwhile goes at once", async () => {
  const seen: string[] = [];
  const wait: Readonly<Record<string, number>> = { soon: 0, later: 30_000, changed: 50_000 };
  const started = start({
    initialDelayMs: ({ name }) => wait[name] ?? 0,
    reconcile: async ({ name }) => void seen.push(name),
  });
  for (const name of ["soon", "later", "changed"]) started.put(aConfigMap({ name, uid: name }));
  started.sync();
  await started.timers.advance(1_000);
  expect(seen).toEqual(["soon"]);
  started.put(aConfigMap({ name: "changed", uid: "changed" }));
  started.put(aConfigMap({ name: "new" }));
  await settle();
  expect(seen).toEqual(["soon", "changed", "new"]);
  await started.timers.advance(29_000);
  expect(seen).toEqual(["soon", "changed", "new", "later"]);
  started.stop.abort();
  await started.running;
});
