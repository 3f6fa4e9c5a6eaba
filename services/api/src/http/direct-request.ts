import { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/** Who reads a body. */
export interface BodySink {
  readonly piece: (piece: Buffer) => void;
  readonly end: () => void;
}

/**
 * A request whose body may go from Node.js's parser to its reader directly. The stream between them, with its events
 * and ticks, is a fifth of all that `node:http` does for a small request. Whoever does not ask for that finds the
 * stream.
 */
export class DirectRequest extends IncomingMessage {
  #sink: BodySink | null = null;
  #isWhole = false;
  /** Node.js asks this when the answer is sent: what nobody read would be read then, and thrown away. */
  declare _consuming: boolean;

  /** To be called where the request arrives, before anything is read of its body. */
  readInto(sink: BodySink): void {
    this.#sink = sink;
    this._consuming = true;
  }

  /** The parser calls this with each piece, and with `null` at the end. Always ready for more. */
  override push(piece: Buffer | null): boolean {
    if (this.#sink === null) return super.push(piece);
    if (piece !== null) this.#sink.piece(piece);
    else {
      this.#isWhole = true;
      this.#sink.end();
    }
    return true;
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }
}

const ofStream = Object.getOwnPropertyDescriptor(Readable.prototype, "readableEnded");

// An accessor where the types of Node.js have a property. By this it knows that it may let go of the request.
Object.defineProperty(DirectRequest.prototype, "readableEnded", {
  get(this: DirectRequest) {
    return this.isWhole || ofStream?.get?.call(this);
  },
});
