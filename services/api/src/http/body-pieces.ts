/** A body as it arrives. */
export interface BodyPieces {
  readonly add: (piece: Buffer) => void;
  readonly clear: () => void;
  readonly joined: () => Buffer;
}

const NOTHING = Buffer.alloc(0);
const GROWN_BYTES_MIN = 1024;

/**
 * Nearly every body comes in one piece, which is kept as it is. Others are put together as they come, in room that
 * doubles: a piece of one byte that is kept for itself costs some hundred, and joining at each costs their square.
 */
export const createBodyPieces = (): BodyPieces => {
  let room: Buffer = NOTHING;
  let used = 0;
  const grow = (bytes: number) => {
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * bytes, GROWN_BYTES_MIN));
    room.copy(larger, 0, 0, used);
    room = larger;
  };
  return {
    add: (piece) => {
      if (used === 0) room = piece;
      else {
        if (used + piece.length > room.length) grow(used + piece.length);
        piece.copy(room, used);
      }
      used += piece.length;
    },
    clear: () => {
      room = NOTHING;
      used = 0;
    },
    joined: () => (room.length === used ? room : room.subarray(0, used)),
  };
};
