import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface Load {
  readonly url: string;
  /** Whole HTTP requests; each connection goes through them in turn. */
  readonly requests: readonly Buffer[];
  /** What every answer must contain. */
  readonly expected: string;
  readonly connections: number;
  readonly durationMs: number;
  /** Load before that, which does not count: a server that is asked without pause has at hand what one that rested has not. */
  readonly warmUpMs?: number;
  /**
   * Never sleeps while it waits for answers. On one machine the server's write has to wake a client that sleeps, so that
   * a server pays for being waited for; a client that is elsewhere costs it nothing.
   */
  readonly awake?: boolean;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** An HTTP request with a JSON body as it goes over the wire. */
export const wireRequest = (url: string, path: string, { token, body }: { token: string; body: string }): Buffer =>
  Buffer.from(
    [
      `POST ${path} HTTP/1.1`,
      `Host: ${new URL(url).host}`,
      `Authorization: Bearer ${token}`,
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );

const isWhole = (answer: string): boolean => {
  const headEnd = answer.indexOf("\r\n\r\n");
  if (headEnd === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer);
  if (length === null) return answer.endsWith("0\r\n\r\n");
  return answer.length >= headEnd + 4 + Number(length[1]);
};

interface Tally {
  readonly latenciesMs: number[];
  running: boolean;
}

const opened = async (url: URL): Promise<Socket> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ host: url.hostname, port: Number(url.port) }, resolve).once("error", reject);
  await promise;
  return socket.setNoDelay(true).setEncoding("latin1");
};

/** One request after the other on one connection, as long as the tally runs. */
const drive = async (socket: Socket, { requests, expected }: Load, tally: Tally): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let answer = "";
  let next = Math.floor(Math.random() * requests.length);
  let sentMs = 0;
  const send = () => {
    next = (next + 1) % requests.length;
    sentMs = performance.now();
    socket.write(requests[next] as Buffer);
  };
  socket.on("data", (chunk: string) => {
    answer += chunk;
    if (!isWhole(answer)) return;
    tally.latenciesMs.push(performance.now() - sentMs);
    if (!answer.includes(expected)) return reject(new Error(`an unexpected answer:\n${answer}`));
    answer = "";
    if (tally.running) return send();
    resolve();
  });
  socket.once("error", reject).once("close", () => reject(new Error("the server closed the connection")));
  send();
  await promise.finally(() => socket.destroy());
};

const stayAwake = (tally: Tally): void => {
  if (tally.running) setImmediate(stayAwake, tally);
};

/**
 * Puts as much load on a server as the connections carry. A client of its own, since it must cost less than the servers
 * it measures.
 */
export const putLoad = async (load: Load): Promise<LoadResult> => {
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => opened(new URL(load.url))));
  const tally: Tally = { latenciesMs: [], running: true };
  if (load.awake === true) stayAwake(tally);
  const driving = sockets.map((socket) => drive(socket, load, tally));
  await Promise.race([delay(load.warmUpMs ?? 0), Promise.all(driving)]);
  tally.latenciesMs.length = 0;
  const beganMs = performance.now();
  await Promise.race([delay(load.durationMs), Promise.all(driving)]);
  tally.running = false;
  await Promise.all(driving);
  const seconds = (performance.now() - beganMs) / 1000;
  const sorted = tally.latenciesMs.sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { perSecond: sorted.length / seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
};
