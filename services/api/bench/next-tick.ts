// process.nextTick after a full garbage collection, in a process that keeps the ticks' shape against one that does not.
// BENCH_SHORT=1 only checks that it works.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { compare, isShort } from "./compare.ts";

const worker = fileURLToPath(new URL("./next-tick-worker.ts", import.meta.url));

const contender = (name: string, kept: boolean) => ({
  name,
  round: async () => {
    const args = ["--expose-gc", "--conditions=@itsy/source", worker, String(kept), isShort ? "1000" : "1000000"];
    return { perSecond: Number(execFileSync(process.execPath, args, { encoding: "utf8" })) };
  },
});

await compare({
  baseline: contender("process.nextTick, its shape forgotten", false),
  subject: contender("process.nextTick, its shape kept", true),
  rounds: isShort ? 1 : 7,
  aim: 1,
});
