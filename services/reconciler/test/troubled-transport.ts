import { setTimeout as sleep } from "node:timers/promises";
import type { Transport, TransportRequest, TransportResponse } from "@itsy/controller-runtime";

export interface Trouble {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly slowByMs: number;
  /** Of requests: refused with 429 or 500, lost before or after they took effect, in equal parts. */
  readonly failing: number;
  /** Of watches: cut after a few events. */
  readonly dropping: number;
}

const refusalOf = (status: 429 | 500): TransportResponse => ({
  status,
  header: (name) => (status === 429 && name.toLowerCase() === "retry-after" ? "1" : null),
  text: async () =>
    JSON.stringify({ kind: "Status", status: "Failure", code: status, message: "trouble", reason: "Trouble" }),
  async *chunks() {},
});

const isWatch = ({ path }: TransportRequest): boolean => /[?&]watch=true/.test(path);

async function* firstOf(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (left-- === 0) throw new Error("the watch was cut");
    yield chunk;
  }
}

/** An API server that is slow, answers 429 and 500, loses requests and answers, and drops watches, for as long as `is`. */
export const troubled =
  (trouble: Trouble, is: () => boolean) =>
  (transport: Transport): Transport => {
    const sendOnce = async (request: TransportRequest): Promise<TransportResponse> => {
      const { random, slowByMs, failing, dropping } = trouble;
      await sleep(random() * slowByMs);
      if (random() < failing) {
        const what = Math.floor(random() * 4);
        if (what === 0) return refusalOf(429);
        if (what === 1) return refusalOf(500);
        if (what === 3 && !isWatch(request)) await (await transport.send(request)).text();
        throw new Error(what === 3 ? "the answer was lost" : "the request was lost");
      }
      const response = await transport.send(request);
      if (!isWatch(request) || random() >= dropping) return response;
      return { ...response, chunks: () => firstOf(response.chunks(), Math.floor(random() * 4)) };
    };
    return { ...transport, send: (request) => (is() ? sendOnce(request) : transport.send(request)) };
  };

/** What it listed is all that it hears of ApiKeys: its watch never begins. */
export const deafToApiKeys = (transport: Transport): Transport => ({
  ...transport,
  send: (request) =>
    request.path.includes("/apikeys?") && request.path.includes("watch=")
      ? new Promise((_, reject) => {
          request.signal?.addEventListener("abort", () => reject(new Error("given up")));
        })
      : transport.send(request),
});
