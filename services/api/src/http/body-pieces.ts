const NOTHING = Buffer.alloc(0);
const GROWN_BYTES_MIN = 1024;

/**
 * A body as it arrives. Nearly every one comes in one piece, which is kept as it is. Others are put together as they
 * come, in room that doubles: a piece of one byte that is kept for itself costs some hundred, and joining at each costs
 * their square.
 */
export class BodyPieces {
  #room: Buffer = NOTHING;
  #used = 0;

  add(piece: Buffer): void {
    if (this.#used === 0) this.#room = piece;
    else {
      if (this.#used + piece.length > this.#room.length) this.#grow(this.#used + piece.length);
      piece.copy(this.#room, this.#used);
    }
    this.#used += piece.length;
  }

  clear(): void {
    this.#room = NOTHING;
    this.#used = 0;
  }

  joined(): Buffer {
    return this.#room.length === this.#used ? this.#room : this.#room.subarray(0, this.#used);
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * bytes, GROWN_BYTES_MIN));
    this.#room.copy(larger, 0, 0, this.#used);
    this.#room = larger;
  }
}
