// Prints how many ticks a second this process does after a full garbage collection at a moment when none waits.
import { setTimeout as delay } from "node:timers/promises";

import { keepTickShape } from "../src/adapters/next-tick.ts";

const [kept, count] = process.argv.slice(2);
if (kept === "true") keepTickShape();

const ticks = (left: number, done: () => void): void => {
  if (left === 0) done();
  else process.nextTick(ticks, left - 1, done);
};
const run = (times: number) => new Promise<void>((done) => ticks(times, done));

await run(10);
for (let collected = 0; collected < 3; collected++) {
  await delay(10);
  globalThis.gc?.();
}
await run(10_000);
const beganMs = performance.now();
await run(Number(count));
process.stdout.write(String((Number(count) * 1000) / (performance.now() - beganMs)));
