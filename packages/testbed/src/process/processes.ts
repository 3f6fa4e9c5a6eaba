import { readdir, readFile } from "node:fs/promises";

/**
 * Ids of the processes whose command line contains `text`, this one excepted. Linux only.
 * For tests that check that nothing was left behind.
 */
export const processesMentioning = async (text: string): Promise<number[]> => {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return ids.filter((id, index) => id !== process.pid && lines[index]?.includes(text) === true);
};
