import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isGone } from "./kube-error.ts";
import { linesOf, watchEventOf } from "./watch-stream.ts";

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const size of sizes) {
    yield bytes.subarray(start, start + size);
    start += size;
  }
  yield bytes.subarray(start);
}

test("lines survive every way to cut the stream, also inside a character", async () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => JSON.stringify({ text }));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat({ max: 9 })), async (lines, sizes) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""), "utf8");
      const seen: string[] = [];
      for await (const each of linesOf(chunksOf(bytes, sizes))) seen.push(each);
      expect(seen).toEqual(lines);
    }),
  );
});

test("an ERROR event is thrown as what its status says", () => {
  const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
  try {
    watchEventOf(JSON.stringify({ type: "ERROR", object: status }), "watch");
    expect.unreachable();
  } catch (error) {
    expect(isGone(error)).toBe(true);
    expect(error).toMatchObject({ reason: "Expired", status: 410 });
  }
});

test("a broken line is an error that does not quote it", () => {
  try {
    watchEventOf('{"type":"ADDED","object":{"data":{"password":"aHVudGVyMg', "watch secrets");
    expect.unreachable();
  } catch (error) {
    expect(inspect(error, { depth: 9 })).not.toContain("aHVudGVyMg");
    expect(error).toMatchObject({ reason: "Unreachable", message: "watch secrets: unreadable watch event" });
  }
});

test("an event type of the future is passed over", () => {
  expect(watchEventOf('{"type":"SPARKLE","object":{}}', "watch")).toBeNull();
});
