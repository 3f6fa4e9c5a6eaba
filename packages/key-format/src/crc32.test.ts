import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CRC32_START, crc32Finish, crc32Steps } from "./crc32.ts";

test("the checksum is zlib's, whether computed at once or in two steps", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (head, tail) => {
      const inSteps = crc32Finish(crc32Steps(crc32Steps(CRC32_START, head), tail));
      expect(inSteps).toBe(zlibCrc32(head + tail));
    }),
  );
});

test("the published check value of CRC-32 comes out", () => {
  expect(crc32Finish(crc32Steps(CRC32_START, "123456789"))).toBe(0xcbf43926);
});
