import { waitUntil } from "@itsy/testbed";

import type { Program } from "../src/program.ts";
import { readMetrics } from "./reconciler-metrics.ts";

/** Lets a program be asked about its heap; give it to the program's environment. */
export const inspectable = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

const call = (socket: WebSocket, method: string): Promise<Record<string, number>> =>
  new Promise((resolve, reject) => {
    const id = Math.floor(Math.random() * 2 ** 31);
    const onMessage = ({ data }: MessageEvent): void => {
      const answer = JSON.parse(String(data)) as { id?: number; result?: Record<string, number>; error?: object };
      if (answer.id !== id) return;
      socket.removeEventListener("message", onMessage);
      if (answer.result === undefined) reject(new Error(`${method}: ${JSON.stringify(answer.error)}`));
      else resolve(answer.result);
    };
    socket.addEventListener("message", onMessage);
    socket.send(JSON.stringify({ id, method }));
  });

/** Bytes of the heap that are in use after a collection. */
export const heapUsed = async ({ lines }: Program): Promise<number> => {
  const find = () => lines.map((line) => /ws:\/\/\S+/.exec(line)?.[0]).find((url) => url !== undefined);
  const socket = new WebSocket(await waitUntil(find, { what: "the inspector listens" }));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("the inspector does not answer")));
  });
  try {
    for (let round = 0; round < 3; round += 1) await call(socket, "HeapProfiler.collectGarbage");
    return (await call(socket, "Runtime.getHeapUsage"))["usedSize"] ?? Number.NaN;
  } finally {
    socket.close();
  }
};

/** Seconds of CPU that the program has used, as its own metrics say. */
export const cpuSeconds = async (program: Program): Promise<number> =>
  (await readMetrics(program, ["process_cpu_seconds_total"])).process_cpu_seconds_total;
