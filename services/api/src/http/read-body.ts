import type { IncomingMessage } from "node:http";

import type { BodyBudget } from "./body-budget.ts";
import { BodyPieces } from "./body-pieces.ts";
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

/** Reads one body. An object with methods, not closures: each request has one. */
class BodyReader implements BodySink {
  readonly #bytesMax: number;
  readonly #budget: BodyBudget | undefined;
  readonly #done: (result: BodyResult) => void;
  readonly #pieces = new BodyPieces();
  #bytes = 0;
  /** What is taken of the budget now. */
  #charged = 0;
  #isKept: boolean;
  /** What still comes is nobody's. */
  #isOver = false;

  constructor(req: IncomingMessage, { bytesMax, budget }: BodyBounds, done: (result: BodyResult) => void) {
    this.#bytesMax = bytesMax;
    this.#budget = budget;
    this.#done = done;
    this.#isKept = !announces(req, bytesMax);
    if (budget !== undefined) req.once("close", () => this.#drop());
    if (req instanceof DirectRequest) req.readInto(this);
    else req.on("data", (piece: Buffer) => this.piece(piece)).on("end", () => this.end());
  }

  piece(piece: Buffer): void {
    if (this.#isOver) return;
    this.#bytes += piece.length;
    if (this.#bytes > this.#bytesMax && this.#isKept) {
      this.#isKept = false;
      this.#drop();
    }
    if (this.#isKept && !this.#charge(piece.length)) {
      this.#drop();
      return this.#cutOff("UNAVAILABLE");
    }
    if (this.#isKept) this.#pieces.add(piece);
    if (this.#bytes > DISCARD_BYTES_MAX) this.#cutOff("PAYLOAD_TOO_LARGE");
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#isKept) this.#finish({ ok: true, body: this.#pieces.joined() });
    else this.#finish({ ok: false, code: "PAYLOAD_TOO_LARGE", cutOff: false });
  }

  #charge(bytes: number): boolean {
    if (this.#budget === undefined) return true;
    if (!this.#budget.take(bytes)) return false;
    this.#charged += bytes;
    return true;
  }

  #drop(): void {
    this.#pieces.clear();
    this.#budget?.giveBack(this.#charged);
    this.#charged = 0;
  }

  #cutOff(code: "PAYLOAD_TOO_LARGE" | "UNAVAILABLE"): void {
    this.#finish({ ok: false, code, cutOff: true });
  }

  #finish(result: BodyResult): void {
    this.#isOver = true;
    try {
      this.#done(result);
    } finally {
      this.#drop();
    }
  }
}

/**
 * Reads a whole body and calls back once; never when the sender goes away in between. What it takes of the budget is
 * given back when `done` returns, or the sender is gone. A callback, since the hot path of the service should not wait
 * for a promise.
 */
export const readBody = (req: IncomingMessage, bounds: BodyBounds, done: (result: BodyResult) => void): void =>
  void new BodyReader(req, bounds, done);
