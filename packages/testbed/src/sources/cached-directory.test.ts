import { readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silent } from "../log.ts";
import { createScratch } from "../process/scratch.ts";
import { cachedDirectory } from "./cached-directory.ts";

const scratchDir = () => createScratch(join(tmpdir(), "itsy-testbed"));

test("two that ask at once fill it once, and both get it", async () => {
  await using scratch = await scratchDir();
  const dir = join(scratch.dir, "thing");
  let fills = 0;
  const fill = async (target: string): Promise<void> => {
    fills += 1;
    await writeFile(join(target, "file"), "whole");
  };
  const both = await Promise.all([cachedDirectory({ dir, fill }, silent), cachedDirectory({ dir, fill }, silent)]);
  expect({ fills, both }).toEqual({ fills: 1, both: [dir, dir] });
  expect(await readFile(join(dir, "file"), "utf8")).toBe("whole");
});

test("an attempt that failed leaves nothing that looks finished, and the next one starts from an empty directory", async () => {
  await using scratch = await scratchDir();
  const dir = join(scratch.dir, "thing");
  const breaks = async (target: string): Promise<void> => {
    await writeFile(join(target, "half"), "");
    throw new Error("killed");
  };
  await expect(cachedDirectory({ dir, fill: breaks }, silent)).rejects.toThrow("killed");

  await cachedDirectory({ dir, fill: (target) => writeFile(join(target, "file"), "") }, silent);
  expect(await readdir(dir)).toEqual(["file"]);
});
