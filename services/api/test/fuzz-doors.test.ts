import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { hugeText, junkText, likelyText, method, path, requestParts } from "./api/fuzz-arbitraries.ts";
import { createRequests, leaksRequest, signedJunk, unsignedLeaks } from "./api/fuzz-requests.ts";
import { fuzzSeed } from "./api/fuzz-seed.ts";
import type { HeapReport } from "./api/fuzz-target.ts";
import { type HttpAnswer, parseAnswers } from "./api/http-answers.ts";
import { type ExchangeOptions, exchange } from "./api/raw-exchange.ts";
import { type RunningTarget, startFuzzTarget } from "./api/start-fuzz-target.ts";

const seed = fuzzSeed();
const MEBIBYTE = 1024 * 1024;
/** Far below one body of the largest size for each request that a test makes. */
const GROWTH_BYTES_MAX = 12 * MEBIBYTE;

let target: RunningTarget;
let requests: ReturnType<typeof createRequests>;
let before: HeapReport;

interface Asked {
  readonly answers: readonly HttpAnswer[];
  /** An answer may be lost where its sender was still sending. */
  readonly isReset: boolean;
}

const send = async (
  packets: readonly (string | Buffer)[],
  ending: ExchangeOptions["ending"] = "half-close",
): Promise<Asked> => {
  const buffers = packets.map((packet) => (typeof packet === "string" ? Buffer.from(packet, "latin1") : packet));
  const { received, isReset } = await exchange(target.url, { packets: buffers, ending });
  const isHeadSent = Buffer.concat(buffers).includes("HEAD");
  return { answers: parseAnswers(received, { isHeadSent, isReset }), isReset };
};

const ask = async (...parts: Parameters<typeof send>): Promise<readonly HttpAnswer[]> => (await send(...parts)).answers;

const nextIsAnswered = async () => {
  const answers = await ask([requests.verify() + requests.forwardAuth()]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(answers[0]?.body).toContain('"valid":true');
  expect(answers[1]?.headers.get("x-itsy-workspace")).toBe("acme");
};

const expectLittleMore = ({ heapBytes, arrayBufferBytes }: HeapReport) => {
  expect(heapBytes - before.heapBytes).toBeLessThan(GROWTH_BYTES_MAX);
  expect(arrayBufferBytes - before.arrayBufferBytes).toBeLessThan(GROWTH_BYTES_MAX);
};

beforeAll(async () => {
  target = await startFuzzTarget();
  requests = createRequests(target);
  // What is made once, on the way of the first requests, does not count as growth.
  for (let asked = 0; asked < 300; asked++) await nextIsAnswered();
  before = await target.heap();
}, 60_000);

afterEach(nextIsAnswered);

afterAll(() => target[Symbol.asyncDispose]());

test("any request to any door is answered in order: with data, or with a stable code", {
  timeout: 120_000,
}, async () => {
  const { goodHead, headerLines, body } = requestParts(target);
  await fc.assert(
    fc.asyncProperty(method, path, fc.tuple(goodHead, headerLines, fc.boolean()), body, async (...parts) => {
      const [method, path, [good, lines, tellsLength], content] = parts;
      const length = tellsLength ? [`Content-Length: ${Buffer.byteLength(content, "latin1")}`] : [];
      const head = [`${method} ${path} HTTP/1.1`, ...good, ...lines, ...length, "", ""].join("\r\n");
      const { answers, isReset } = await send([head + content]);
      expect(answers.length > 0 || isReset).toBe(true);
    }),
    { numRuns: 600, seed },
  );
});

test("a good request that was cut, changed or sent in pieces is answered, or its sender is gone", {
  timeout: 120_000,
}, async () => {
  const change = fc.record({
    at: fc.nat(600),
    remove: fc.nat(20),
    insert: fc.uint8Array({ maxLength: 20 }),
  });
  const ending = fc.oneof(
    { weight: 20, arbitrary: fc.constant("half-close" as const) },
    { weight: 2, arbitrary: fc.constant("reset" as const) },
    { weight: 1, arbitrary: fc.constant("wait" as const) },
  );
  const good = fc.constantFrom(
    requests.verify(),
    requests.forwardAuth(),
    requests.verify() + requests.forwardAuth(),
    leaksRequest(),
    requests.trpc(),
    requests.trpc() + leaksRequest() + requests.trpc(),
  );
  await fc.assert(
    fc.asyncProperty(
      good,
      fc.array(change, { maxLength: 4 }),
      fc.tuple(fc.nat(700), ending),
      fc.nat(5),
      async (...parts) => {
        const [text, changes, [length, ending], cuts] = parts;
        let bytes = Buffer.from(text, "latin1");
        for (const { at, remove, insert } of changes) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
        }
        const whole = bytes.subarray(0, Math.max(1, length));
        const size = Math.ceil(whole.length / (cuts + 1));
        const packets = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
          whole.subarray(index * size, (index + 1) * size),
        );
        // That every byte of what came back is an answer is checked where it is taken apart.
        await ask(packets, ending);
      },
    ),
    { numRuns: 500, seed },
  );
});

test("a signed report of junk is answered with data, or with a stable code for what is wrong with it", {
  timeout: 120_000,
}, async () => {
  const change = fc.record({ at: fc.nat(100), remove: fc.nat(20), insert: fc.uint8Array({ maxLength: 20 }) });
  const leak = fc.record(
    {
      secret: fc.oneof(junkText, fc.constant(`${target.secret}x`), fc.jsonValue({ maxDepth: 1 })),
      location: fc.oneof(junkText, likelyText, hugeText, fc.webUrl(), fc.jsonValue({ maxDepth: 1 })),
    },
    { requiredKeys: ["secret"] },
  );
  const report = fc.oneof(
    fc.array(leak, { maxLength: 20 }).map((leaks) => Buffer.from(JSON.stringify({ leaks }))),
    fc
      .tuple(fc.array(leak, { minLength: 1, maxLength: 3 }), fc.array(change, { minLength: 1, maxLength: 4 }))
      .map(([leaks, changes]) => {
        let bytes = Buffer.from(JSON.stringify({ leaks }));
        for (const { at, remove, insert } of changes) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
        }
        return bytes;
      }),
    requestParts(target).body.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  );
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(report, async (bytes) => {
      const [answer, ...more] = await ask([signedJunk(bytes)]);
      expect(more).toEqual([]);
      // Never 401: the signature is good.
      expect([200, 400, 429]).toContain(answer?.status);
      if (answer !== undefined) seen.add(answer.status);
    }),
    { numRuns: 300, seed },
  );
  expect([seen.has(200), seen.has(400)]).toEqual([true, true]);
});

test("requests in one packet are answered one by one, in their order", { timeout: 120_000 }, async () => {
  const kinds = () =>
    [
      [requests.verify(), 200],
      [requests.forwardAuth(), 200],
      [requests.verify([], "{"), 400],
      [requests.verify([], '{"secret":"x"}'), 200],
      [requests.verify().replace("application/json", "text/plain"), 415],
      [requests.verify([], JSON.stringify({ secret: "x".repeat(9000) })), 413],
      [unsignedLeaks(), 401],
      [unsignedLeaks([], "{"), 401],
      [requests.trpc(), 200],
      [requests.trpc([], "{"), 400],
      [requests.trpc([], '{"secret":1}'), 400],
      [requests.trpc().replace("application/json", "text/plain"), 415],
      [requests.trpc([], JSON.stringify({ secret: "x".repeat(70_000) })), 413],
      [requests.trpc().replace("Authorization", "X-Other"), 401],
      [requests.trpc().replace("keys.verify", "keys.list"), 403],
      [requests.trpc().replace("keys.verify", "keys.nothing"), 404],
      [requests.forwardAuth([`Authorization: Bearer other`]), 400],
      [requests.forwardAuth().replace("X-API-Key", "X-Other"), 401],
      [requests.forwardAuth().replace("environment=production", "environment=preview"), 403],
      [requests.forwardAuth().replace("X-Itsy-Token", "X-Other"), 503],
      [requests.verify([], JSON.stringify({ secret: target.secret, permissions: ["files:read"], ip: "::1" })), 200],
      [requests.verify([], JSON.stringify({ secret: target.secret, ip: "::1%lo" })), 400],
      [requests.forwardAuth().replace("environment=production", "permissions=files:read&ip=::1"), 403],
      [requests.forwardAuth().replace("environment=production", "ip=::1%lo"), 503],
      [requests.forwardAuth().replace("environment=production", "cost=1000001"), 503],
    ] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...kinds()), { minLength: 1, maxLength: 40 }), async (asked) => {
      const answers = await ask([asked.map(([text]) => text).join("")]);
      expect(answers.map(({ status }) => status)).toEqual(asked.map(([, status]) => status));
    }),
    { numRuns: 100, seed },
  );
});

test("a hundred senders that take their time are given up, and nobody waits for them", {
  timeout: 30_000,
}, async () => {
  const starts = [
    leaksRequest().slice(0, -10),
    requests.verify().slice(0, -10),
    requests.verify().slice(0, 40),
    requests.trpc().slice(0, -10),
    requests.trpc([], JSON.stringify({ secret: "x".repeat(60_000) })).slice(0, -10),
    unsignedLeaks([], JSON.stringify({ leaks: [{ secret: "x".repeat(100_000) }] })).slice(0, -10),
    requests.forwardAuth().slice(0, 60),
    "G",
  ];
  const slow = Array.from({ length: 100 }, (_, index) => ask([starts[index % starts.length] ?? ""], "wait"));
  for (let asked = 0; asked < 20; asked++) await nextIsAnswered();
  expectLittleMore(await target.heap());
  const answers = await Promise.all(slow);
  expect(answers.map((each) => each.map(({ code }) => code))).toEqual(slow.map(() => ["REQUEST_TIMEOUT"]));
});

test("what is larger than anybody needs is cut off, with a code", { timeout: 60_000 }, async () => {
  const chunk = Buffer.from(`10000\r\n${"x".repeat(0x10000)}\r\n`);
  const chunked = (head: string) =>
    head.replace(/Content-Length: \d+/, "Transfer-Encoding: chunked").replace(/\r\n\r\n.*$/s, "\r\n\r\n");
  const endlessLeaks = [chunked(leaksRequest()), ...Array.from({ length: 64 }, () => chunk)];
  const endlessCalls = [chunked(requests.trpc()), ...Array.from({ length: 64 }, () => chunk)];
  const endless = [chunked(requests.verify()), ...Array.from({ length: 64 }, () => chunk)];
  const statusesOf = async (packets: readonly (string | Buffer)[]) => (await ask(packets)).map(({ status }) => status);
  for (let round = 0; round < 10; round++) {
    // The connection may be gone before the refusal could be read.
    expect([[413], []]).toContainEqual(await statusesOf(endless));
    expect([[413], []]).toContainEqual(await statusesOf(endlessLeaks));
    expect([[413], []]).toContainEqual(await statusesOf(endlessCalls));
    expect([[413], []]).toContainEqual(await statusesOf([requests.trpc([`X: ${"x".repeat(MEBIBYTE)}`])]));
    expect([[413], []]).toContainEqual(await statusesOf([requests.forwardAuth([`X: ${"x".repeat(MEBIBYTE)}`])]));
    const body = Array.from({ length: 16 }, () => chunk);
    const [first] = await statusesOf([requests.forwardAuth(["Transfer-Encoding: chunked"]), ...body, "0\r\n\r\n"]);
    expect([200, undefined]).toContain(first);
  }
});

test("after all of this, and thousands of requests more, the memory is what it was", { timeout: 120_000 }, async () => {
  const one = (index: number) =>
    requests.verify([`X-Request-Id: r-${index}`], JSON.stringify({ secret: `itsy_production_sk_${index}` })) +
    requests
      .forwardAuth([`X-${index}: ${index}`, `Cookie: ${"c".repeat(2000)}`])
      .replace("X-API-Key: ", `X-API-Key: ${index}`) +
    requests.forwardAuth().replace("X-Itsy-Token: ", `X-Itsy-Token: ${index}`) +
    requests.verify().replace("Bearer ", `Bearer ${index}`) +
    requests.verify([], JSON.stringify({ secret: "x".repeat(8500) + index })) +
    unsignedLeaks([], JSON.stringify({ leaks: [{ secret: `itsy_production_sk_${index}` }] }));
  for (let sent = 0; sent < 4000; sent += 40) {
    const answers = await ask([Array.from({ length: 40 }, (_, index) => one(sent + index)).join("")]);
    expect(answers.slice(0, 5).map(({ status }) => status)).toEqual([200, 401, 503, 401, 413]);
    expect(answers[5]?.status).toBe(401);
    expect(answers).toHaveLength(240);
  }
  const after = await target.heap();
  console.log(`heap: ${before.heapBytes} bytes before, ${after.heapBytes} after`);
  expectLittleMore(after);
});
