import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import type { createLeasedRateLimiter, DrawPolicy } from "../../src/index.ts";
import type { Scenario, Troubles } from "./simulate.ts";

const SOURCES = fileURLToPath(new URL("../../src/rate-limit/", import.meta.url));

/** A change of the limiter's source that breaks its promise. */
export interface BrokenVariant {
  readonly name: string;
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
  /** Where it shows. */
  readonly scenario: Omit<Scenario, "seed">;
}

/** Draws far ahead and holds long, so that there is much to be wrong about. */
const greedy: DrawPolicy = {
  sustainedMs: Number.POSITIVE_INFINITY,
  aheadMs: 3000,
  aheadAtLeastMs: 1000,
  shareAlone: 1 / 2,
  shareAmongOthers: 1 / 4,
  shareAtLeast: 1 / 16,
  holdMs: 5000,
  plenty: { share: 0, aheadMs: 3000, holdMs: 5000 },
  gatherMs: 50,
};
const stopped = (moment: "sent" | "answered"): Troubles => ({
  stopsWhen: { moment, share: 0.003 },
  stopForMs: 150_000,
});
const bursts = { replicas: 3, limit: 300, traffic: "bursts", minutes: 10, policy: greedy } as const;
const handover = { replicas: 3, limit: 300, traffic: "handover", minutes: 10 } as const;
const hammered = { replicas: 3, limit: 300, traffic: "hammering", minutes: 4 } as const;

export const brokenVariants: readonly BrokenVariant[] = [
  {
    name: "the life of a lease is counted from after the answer",
    edits: [
      { file: "key-draws.ts", find: " || answeredMs >= lease.endsMs", replace: "" },
      {
        file: "key-draws.ts",
        find: "permits.open(lease, view, ",
        replace: "permits.open({ ...lease, sentMs: answeredMs, endsMs: answeredMs + lifeMs }, view, ",
      },
    ],
    scenario: { ...bursts, troubles: stopped("sent") },
  },
  {
    name: "permits count only 60 seconds from the draw",
    edits: [
      { file: "permit-lease.ts", find: "slotOfSpend(row.clockMs + lifeMs, ", replace: "slotOfSpend(row.clockMs, " },
    ],
    scenario: { ...handover, policy: greedy, troubles: { killEveryMs: 5000 } },
  },
  {
    name: "permits are given back twice",
    edits: [
      {
        file: "local-permits.ts",
        find: "this.#closed = [];\n    return leases;",
        replace:
          "this.#closed = leases.filter(({ spends }) => !Object.isFrozen(spends));\n" +
          "    for (const { spends } of leases) Object.freeze(spends);\n    return leases;",
      },
    ],
    scenario: { ...bursts, troubles: { dropEveryMs: 500 } },
  },
  {
    name: "permits that are spent on while the next ones are drawn are given back before",
    edits: [
      {
        file: "key-draws.ts",
        find: "permits.settledIn(found.row, settling);\n    const lifeMs",
        replace: 'permits.settledIn(found.row, "all");\n    const lifeMs',
      },
    ],
    scenario: { ...hammered, limit: 3000 },
  },
  {
    name: "permits that are spent on while the next ones are drawn are not counted",
    edits: [{ file: "draw-plan.ts", find: " - inHand)", replace: ")" }],
    scenario: { ...hammered, limit: 3000, policy: { ...greedy, aheadAtLeastMs: 3000 } },
  },
  {
    name: "a write whose answer is lost is taken as not applied",
    edits: [
      {
        file: "settling-writes.ts",
        find: "await writeWindow(store, keyId, { found, row });",
        replace: "await writeWindow(store, keyId, { found, row }).catch(() => false);",
      },
    ],
    scenario: { ...bursts, troubles: { dropEveryMs: 500, giveBacksUnanswered: 0.5 } },
  },
  {
    name: "a write whose answer is lost is taken as applied",
    edits: [
      {
        file: "settling-writes.ts",
        find: "await writeWindow(store, keyId, { found, row });",
        replace: "await writeWindow(store, keyId, { found, row }).catch(() => true);",
      },
      { file: "key-draws.ts", find: "|| answeredMs >= lease.endsMs", replace: "" },
      { file: "permit-lease.ts", find: "nowMs >= lease.endsMs ? 0 : ", replace: "" },
    ],
    scenario: { ...hammered, troubles: { lost: 0.05 } },
  },
  {
    name: "a lease is spent after its end",
    edits: [{ file: "permit-lease.ts", find: "nowMs >= lease.endsMs ? 0 : ", replace: "" }],
    scenario: { ...bursts, troubles: stopped("answered") },
  },
  {
    name: "a slot ends one slot too early",
    edits: [{ file: "count-slot.ts", find: "Math.ceil(", replace: "Math.floor(" }],
    scenario: hammered,
  },
  {
    name: "clocks are taken to run at the same rate",
    edits: [{ file: "count-slot.ts", find: "CLOCK_RATE_MARGIN_MS = 50", replace: "CLOCK_RATE_MARGIN_MS = 0" }],
    scenario: { ...handover, troubles: { databaseRate: 1.0005 } },
  },
  {
    name: "what was drawn under a higher limit is spent",
    edits: [
      { file: "key-draws.ts", find: "this.#drops += 1;\n    this.#permits.forget();", replace: "" },
      {
        file: "leases-in-hand.ts",
        find: "lease.limit <= limit ? spendable(lease, nowMs) : 0",
        replace: "spendable(lease, nowMs)",
      },
    ],
    scenario: {
      ...hammered,
      traffic: "above",
      limit: 3000,
      policy: greedy,
      troubles: { lowered: { atMs: 90_000, to: 2000 } },
    },
  },
];

/** Copies the limiter's source, changes it, and loads it. An edit must fit exactly one place. */
export const loadBrokenVariant = async ({ edits }: BrokenVariant) => {
  const folder = await mkdtemp(join(tmpdir(), "rate-limit-variant-"));
  for (const file of await readdir(SOURCES)) {
    let source = await readFile(join(SOURCES, file), "utf8");
    for (const edit of edits) {
      if (edit.file !== file) continue;
      if (source.split(edit.find).length !== 2) throw new Error(`${file} has not exactly one: ${edit.find}`);
      source = source.replace(edit.find, () => edit.replace);
    }
    await writeFile(join(folder, file), source);
  }
  const loaded = (await import(/* @vite-ignore */ pathToFileURL(join(folder, "leased-limiter.ts")).href)) as {
    createLeasedRateLimiter: typeof createLeasedRateLimiter;
  };
  return {
    createLimiter: loaded.createLeasedRateLimiter,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};
