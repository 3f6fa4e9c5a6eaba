import type { IncomingMessage, ServerResponse } from "node:http";
import { createInterface } from "node:readline";

import type { Chance } from "./seeded.ts";

export interface TroubleOptions {
  readonly chance: Chance;
  readonly did: (what: string) => void;
  readonly isStormy: () => boolean;
}

const statusEvent = (code: number, reason: string): string =>
  `${JSON.stringify({ type: "ERROR", object: { kind: "Status", apiVersion: "v1", status: "Failure", reason, code } })}\n`;

type End = readonly [name: string, end: (response: ServerResponse, line: string) => void];

/** How a watch can end. `line` is the next event, which does not arrive. */
const ends: readonly End[] = [
  ["watch cut", (response) => void response.destroy()],
  [
    "watch cut within an event",
    (response, line) => void response.write(line.slice(0, line.length / 2), () => response.destroy()),
  ],
  ["watch ended", (response) => void response.end()],
  ["watch ended with 410", (response) => void response.end(statusEvent(410, "Expired"))],
  ["watch ended with 500", (response) => void response.end(statusEvent(500, "InternalError"))],
  ["garbage in a watch", (response) => void response.end('{"type": "ADDED", "object": {"meta\n')],
];

/** Passes the events of a watch on, some of them twice, until chance ends it or lets it fall silent. */
export const troubleWatch = (
  upstream: IncomingMessage,
  response: ServerResponse,
  { chance, did, isStormy }: TroubleOptions,
): void => {
  let passes = chance.between(0, 20);
  let isSilent = false;
  const lines = createInterface({ input: upstream });
  lines.on("line", (line) => {
    if (isSilent || response.destroyed) return;
    if (!isStormy()) return void response.write(`${line}\n`);
    if (passes-- > 0) {
      const times = chance.next() < 0.1 ? 2 : 1;
      if (times === 2) did("event twice");
      response.write(`${line}\n`.repeat(times));
      return;
    }
    isSilent = true;
    if (chance.next() < 0.15) return did("watch silent");
    const [name, end] = chance.pick(ends);
    did(name);
    end(response, line);
    return;
  });
  // Of a watch that its reader left.
  lines.on("error", () => response.destroy());
  lines.once("close", () => {
    if (!isSilent) response.end();
  });
  upstream.once("error", () => response.destroy());
};
