import type { IncomingMessage } from "node:http";

import type { BodyBudget } from "./body-budget.ts";
import { createBodyPieces } from "./body-pieces.ts";
import { type BodySink, DirectRequest } from "./direct-request.ts";

/**
 * A body that is not kept is still read up to here before it is refused, so that its sender is listening when the
 * answer comes; what is larger is cut off.
 */
const DISCARD_BYTES_MAX = 1024 * 1024;

export interface BodyBounds {
  readonly bytesMax: number;
  /** Shared by all bodies of one door. */
  readonly budget?: BodyBudget;
}

/** For a request that is refused whatever its body says. */
export const KEEP_NOTHING: BodyBounds = Object.freeze({ bytesMax: 0 });

export type BodyResult =
  | { readonly ok: true; readonly body: Buffer }
  | {
      readonly ok: false;
      /** `UNAVAILABLE`: the budget is used up. */
      readonly code: "PAYLOAD_TOO_LARGE" | "UNAVAILABLE";
      /** The sender is still sending; the connection has to end. */
      readonly cutOff: boolean;
    };

const announces = ({ headers }: IncomingMessage, bytesMax: number): boolean =>
  Number(headers["content-length"] ?? 0) > bytesMax;

const FREE = Object.freeze({ add: () => true, end: () => undefined });

/** Takes of the budget what the body holds, until `end`. */
const chargeTo = (budget: BodyBudget | undefined) => {
  if (budget === undefined) return FREE;
  let charged = 0;
  return {
    add: (bytes: number): boolean => {
      if (!budget.take(bytes)) return false;
      charged += bytes;
      return true;
    },
    end: () => {
      budget.giveBack(charged);
      charged = 0;
    },
  };
};

/** Hands the body over as it arrives, until the returned function is called. */
const readInto = (req: IncomingMessage, sink: BodySink): (() => void) => {
  if (req instanceof DirectRequest) {
    req.readInto(sink);
    return () => req.stopReading();
  }
  req.on("data", sink.piece);
  req.on("end", sink.end);
  return () => {
    req.off("data", sink.piece);
    req.off("end", sink.end);
  };
};

/**
 * Reads a whole body and calls back once; never when the sender goes away in between. What it takes of the budget is
 * given back when `done` returns, or the sender is gone. A callback, since the hot path of the service should not wait
 * for a promise.
 */
export const readBody = (
  req: IncomingMessage,
  { bytesMax, budget }: BodyBounds,
  done: (result: BodyResult) => void,
): void => {
  const pieces = createBodyPieces();
  const charge = chargeTo(budget);
  let bytes = 0;
  let isKept = !announces(req, bytesMax);

  const cutOff = (code: "PAYLOAD_TOO_LARGE" | "UNAVAILABLE") => {
    stop();
    finish({ ok: false, code, cutOff: true });
  };
  const finish = (result: BodyResult) => {
    try {
      done(result);
    } finally {
      drop();
    }
  };
  const drop = () => {
    pieces.clear();
    charge.end();
  };
  const take = (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > bytesMax && isKept) {
      isKept = false;
      drop();
    }
    if (isKept && !charge.add(piece.length)) {
      drop();
      return cutOff("UNAVAILABLE");
    }
    if (isKept) pieces.add(piece);
    if (bytes > DISCARD_BYTES_MAX) cutOff("PAYLOAD_TOO_LARGE");
  };
  const end = () => {
    if (isKept) finish({ ok: true, body: pieces.joined() });
    else finish({ ok: false, code: "PAYLOAD_TOO_LARGE", cutOff: false });
  };
  const stop = readInto(req, { piece: take, end });
  if (budget !== undefined) req.once("close", drop);
};
