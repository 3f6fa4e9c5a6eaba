import fc from "fast-check";
import { expect, test } from "vitest";

import { BodyPieces } from "./body-pieces.ts";

const bufferOf = (bytes: Uint8Array) => Buffer.from(bytes);

test("the pieces are put together in their order, whatever their sizes", () => {
  const piece = fc.uint8Array({ maxLength: 3000 }).map(bufferOf);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (all) => {
      const copies = all.map(bufferOf);
      const pieces = new BodyPieces();
      for (const each of all) pieces.add(each);
      expect(pieces.joined().equals(Buffer.concat(copies))).toBe(true);
      // What came is not ours to write in.
      expect(all.every((each, index) => each.equals(copies[index] ?? Buffer.alloc(0)))).toBe(true);
      pieces.clear();
      expect(pieces.joined()).toHaveLength(0);
    }),
  );
});

test("pieces of a byte take at most twice the room of the body", () => {
  const pieces = new BodyPieces();
  for (let added = 0; added < 8192; added++) pieces.add(Buffer.from("x"));
  const body = pieces.joined();
  expect(body).toHaveLength(8192);
  expect(body.buffer.byteLength).toBeLessThanOrEqual(2 * 8192);
});
