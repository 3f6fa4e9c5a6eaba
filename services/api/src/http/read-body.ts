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

const NOTHING = Buffer.alloc(0);

/**
 * Reads a whole body of at most `bytesMax` bytes and calls back once; never when the sender goes away in between. A
 * callback, since the hot path of the service should not wait for a promise.
 */
export const readBody = (req: IncomingMessage, bytesMax: number, done: (result: BodyResult) => void): void => {
  let body: Buffer = NOTHING;
  let bytes = 0;
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) body = body.length === 0 ? chunk : Buffer.concat([body, chunk]);
    if (bytes <= DISCARD_BYTES_MAX) return;
    req.off("data", onData);
    req.off("end", onEnd);
    done({ ok: false, cutOff: true });
  };
  const onEnd = () => done(bytes <= bytesMax ? { ok: true, body } : { ok: false, cutOff: false });
  req.on("data", onData);
  req.on("end", onEnd);
};
