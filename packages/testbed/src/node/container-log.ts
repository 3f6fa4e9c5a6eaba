import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Container, LogLine } from "./node.ts";

/**
 * Lines in the format of the Container Runtime Interface: time, stream, `F` for a whole line or `P` for a part, text.
 * @see https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
export const parseContainerLog = (log: string): LogLine[] => {
  const lines: LogLine[] = [];
  let begun = "";
  for (const line of log.split("\n")) {
    const match = /^(\S+) (?:stdout|stderr) ([FP]) (.*)$/.exec(line);
    // The last line may be half written.
    if (match === null) continue;
    const [, at = "", tag, text = ""] = match;
    begun += text;
    if (tag === "P") continue;
    lines.push({ atMs: Date.parse(at), text: begun });
    begun = "";
  }
  return lines;
};

/** Below `logsDir` the kubelet keeps `NAMESPACE_POD_UID/CONTAINER/N.log`, one N for each start of the container. */
export const readContainerLog = async (
  logsDir: string,
  { namespace, pod, container }: Container,
): Promise<readonly LogLine[]> => {
  const pods = (await readdir(logsDir).catch(() => [])).filter((name) => name.startsWith(`${namespace}_${pod}_`));
  const starts = pods.map(async (name) => {
    const dir = join(logsDir, name, container);
    const files = (await readdir(dir).catch(() => [])).filter((file) => /^\d+\.log$/.test(file));
    const inOrder = files.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    return Promise.all(inOrder.map((file) => readFile(join(dir, file), "utf8")));
  });
  return (await Promise.all(starts)).flat().flatMap(parseContainerLog);
};
