import { readFile } from "node:fs/promises";

import { inRepository } from "../../src/repository.ts";

/** A command of a page's console block and what the page shows below it. */
export interface Shown {
  readonly command: string;
  readonly output: string;
}

const consoleBlock = /```console\n([\s\S]*?)```/g;

/** What a section of docs/kubectl.md shows, in its order. */
export const readShown = async (section: string): Promise<readonly Shown[]> => {
  const page = await readFile(inRepository("docs/kubectl.md"), "utf8");
  const [, text = ""] = page.split(`\n## ${section}\n`);
  const [own = ""] = text.split("\n## ");
  const blocks = [...own.matchAll(consoleBlock)].map(([, block = ""]) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((entry) => {
        const [command = "", ...output] = entry.split("\n");
        return { command, output: output.join("\n") };
      }),
  );
};

/** The events of `describe` come in no order that one could rely on. */
const inOneOrder = (output: string): string =>
  output
    .split(/^Events:$/m)
    .map((part, at) => (at === 0 ? part : part.trim().split("\n").toSorted().join("\n")))
    .join("Events:\n");

/** What is the same whenever it is run: not the key, the time, nor how wide a column is. */
const stable = (output: string): string =>
  inOneOrder(output)
    .replaceAll(/key_[0-9a-z]{26}/gi, "KEY")
    .replaceAll(/itsy_production_sk_\w{4}/g, "PREFIX")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/\b\d+(ms|s|m|h|d)(\d+[smh])?( \(x\d+ over \d+[smh]\))?(?=\s|$)/gm, "AGE")
    .replaceAll(/-{2,}/g, "--")
    .replaceAll(/\s+/g, " ")
    .trim();

/** Whether the real output has everything that the page shows, in that order. "…" stands for anything. */
export const isAsShown = (real: string, shown: string): boolean => {
  let rest = stable(real);
  for (const part of shown.split(/^…$/m).map(stable)) {
    const at = rest.indexOf(part);
    if (at < 0) return false;
    rest = rest.slice(at + part.length);
  }
  return shown.includes("…") || rest === "";
};
