import type { IncomingMessage } from "node:http";

/**
 * A body that is too large is still read up to here before it is refused, so that its sender is listening when the
 * answer comes; what is larger is cut off.
 */
const DISCARD_BYTES_MAX = 1024 * 1024;

export type BodyResult =
  | { readonly ok: true; readonly body: Buffer }
  /** `cutOff`: the sender is still sending; the connection has to end. */
  | { readonly ok: false; readonly cutOff: boolean };

/** Nearly every body comes in one piece. Put together once: pieces of a byte each must not cost their square. */
const joined = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);

/**
 * Reads a whole body of at most `bytesMax` bytes and calls back once; never when the sender goes away in between. A
 * callback, since the hot path of the service should not wait for a promise.
 */
export const readBody = (req: IncomingMessage, bytesMax: number, done: (result: BodyResult) => void): void => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes <= DISCARD_BYTES_MAX) return;
    req.off("data", onData);
    req.off("end", onEnd);
    done({ ok: false, cutOff: true });
  };
  const onEnd = () => done(bytes <= bytesMax ? { ok: true, body: joined(chunks) } : { ok: false, cutOff: false });
  req.on("data", onData);
  req.on("end", onEnd);
};
