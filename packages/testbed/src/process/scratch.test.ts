import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";
import { createScratch } from "./scratch.ts";

const MODULE = fileURLToPath(new URL("scratch.ts", import.meta.url));

test("what a process left behind that was killed is removed by the next one, what others still use is not", async () => {
  await using parent = await createScratch(join(tmpdir(), "itsy-testbed"));
  await using mine = await createScratch(parent.dir);
  const program = `
    import { createScratch } from ${JSON.stringify(MODULE)};
    await createScratch(${JSON.stringify(parent.dir)});
    process.kill(process.pid, "SIGKILL");
  `;
  await execa(process.execPath, ["--input-type=module-typescript", "-e", program], { reject: false });
  expect(readdirSync(parent.dir)).toHaveLength(2);

  await using next = await createScratch(parent.dir);
  expect(readdirSync(parent.dir).toSorted()).toEqual([mine.dir, next.dir].map((dir) => basename(dir)).toSorted());
});

test("dispose removes the directory with everything in it", async () => {
  const scratch = await createScratch(join(tmpdir(), "itsy-testbed"));
  await createScratch(join(scratch.dir, "below"));
  await scratch[Symbol.asyncDispose]();
  expect(existsSync(scratch.dir)).toBe(false);
});
