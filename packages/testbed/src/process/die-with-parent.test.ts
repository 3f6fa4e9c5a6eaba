import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";
import { waitUntil } from "../wait-until.ts";
import { processesMentioning } from "./processes.ts";
import { createScratch } from "./scratch.ts";

const MODULE = fileURLToPath(new URL("server-process.ts", import.meta.url));

/** A program that starts a child which mentions `marker` in its command line, and then does `after`. */
const parentProgram = (marker: string, after: string): string => `
  import { startServerProcess } from ${JSON.stringify(MODULE)};
  await startServerProcess({
    name: "child", path: process.env.PATH, isReady: async () => true,
    command: { file: process.execPath, args: ["-e", "setInterval(() => {}, 1000)", ${JSON.stringify(marker)}] },
  });
  ${after}
`;

for (const [how, signal] of [
  ["SIGKILL", "SIGKILL"],
  ["SIGINT", "SIGINT"],
  ["SIGTERM", "SIGTERM"],
] as const) {
  test.runIf(process.platform === "linux")(`a server does not outlive a parent that ended by ${how}`, async () => {
    await using scratch = await createScratch(join(tmpdir(), "itsy-testbed"));
    const program = parentProgram(scratch.dir, "setInterval(() => {}, 1000); console.log('up');");
    const parent = execa(process.execPath, ["--input-type=module-typescript", "-e", program], { reject: false });
    await new Promise((resolve) => parent.stdout.once("data", resolve));
    const children = (await processesMentioning(scratch.dir)).filter((pid) => pid !== parent.pid);
    expect(children).toHaveLength(1);

    parent.kill(signal);
    await parent;
    await waitUntil(async () => (await processesMentioning(scratch.dir)).length === 0, { what: "the child is gone" });
  });
}
