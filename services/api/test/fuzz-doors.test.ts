import { createHmac } from "node:crypto";

import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { fuzzSeed } from "./api/fuzz-seed.ts";
import type { HeapReport } from "./api/fuzz-target.ts";
import { type HttpAnswer, parseAnswers } from "./api/http-answers.ts";
import { type ExchangeOptions, exchange } from "./api/raw-exchange.ts";
import { SCANNER_KEY, signed } from "./api/scanner.ts";
import { type RunningTarget, startFuzzTarget } from "./api/start-fuzz-target.ts";

const seed = fuzzSeed();
const MEBIBYTE = 1024 * 1024;
/** Far below one body of the largest size for each request that a test makes. */
const GROWTH_BYTES_MAX = 12 * MEBIBYTE;

let target: RunningTarget;
let before: HeapReport;

const verifyRequest = (lines: readonly string[] = [], body = JSON.stringify({ secret: target.secret })) =>
  [
    "POST /v1/verify HTTP/1.1",
    "Host: a",
    `Authorization: Bearer ${target.verifierToken}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...lines,
    "",
    body,
  ].join("\r\n");

const forwardAuthRequest = (lines: readonly string[] = []) =>
  [
    "GET /v1/forward-auth?environment=production HTTP/1.1",
    "Host: a",
    `X-Itsy-Token: ${target.verifierToken}`,
    `X-API-Key: ${target.secret}`,
    ...lines,
    "",
    "",
  ].join("\r\n");

/** Signed, of secrets that nobody has. */
const leaksRequest = (
  lines: readonly string[] = [],
  body = JSON.stringify({ leaks: [{ secret: "x" }, { secret: "y" }] }),
) =>
  [
    "POST /v1/leaks HTTP/1.1",
    "Host: a",
    ...Object.entries(signed(body, { at: new Date() })).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...lines,
    "",
    body,
  ].join("\r\n");

/** A report of any bytes, signed: they reach what is behind the signature. */
const signedJunk = (body: Buffer): Buffer => {
  const [id, at] = ["msg_junk", Math.floor(Date.now() / 1000)];
  const key = Buffer.from(SCANNER_KEY, "base64");
  const signature = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64");
  const lines = [
    "POST /v1/leaks HTTP/1.1",
    "Host: a",
    "Content-Type: application/json",
    `Webhook-Id: ${id}`,
    `Webhook-Timestamp: ${at}`,
    `Webhook-Signature: v1,${signature}`,
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from([...lines, "", ""].join("\r\n")), body]);
};

const trpcRequest = (...parts: Parameters<typeof verifyRequest>) =>
  verifyRequest(...parts).replace("/v1/verify", "/trpc/keys.verify");

const unsignedLeaks = (...parts: Parameters<typeof leaksRequest>) =>
  leaksRequest(...parts).replace(/(webhook-signature: v1,)..../, "$1AAAA");

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
  const answers = await ask([verifyRequest() + forwardAuthRequest()]);
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
  // What is made once, on the way of the first requests, does not count as growth.
  for (let asked = 0; asked < 300; asked++) await nextIsAnswered();
  before = await target.heap();
}, 60_000);

afterEach(nextIsAnswered);

afterAll(() => target[Symbol.asyncDispose]());

const junkText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("", " ", "\t", ",", "\u0000", "\u00ff", "\r", "\n", "%", "..", "Bearer ", "Bearer a, Bearer b"),
);
const hugeText = fc.integer({ min: 100, max: 40_000 }).map((length) => "x".repeat(length));

/** What a field of a requirement may hold, or nearly. */
const likelyText = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.integer().map(String),
  fc
    .array(fc.constantFrom("files:read", "files:*", "*", "owner", "metadata", ""), { maxLength: 20 })
    .map((all) => all.join(",")),
);

const method = fc.constantFrom(
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "OPTIONS",
  "TRACE",
  "QUERY",
  "CONNECT",
  "get",
  "",
);
const path = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "/v1/verify",
      "/v1/forward-auth",
      "/v1/forward-auth/a/b?c",
      "/v1/leaks",
      "/trpc/keys.verify",
      "/trpc/keys.verify,keys.list?batch=1",
    ),
  },
  fc.constantFrom(
    "/v1/verify?a=b",
    "/v1/verify/",
    "//v1/verify",
    "*",
    "/v1/forward-auth?",
    "/v1/forward-auth?&&==&%",
    "http://a/v1/verify",
    "/trpc",
    "/trpc/",
    "/trpc/keys.verify/",
    "/trpc/__proto__.constructor",
    "/trpc/keys.verify?input=%7B%7D",
    "/trpc/keys.verify?batch=1&input=%",
    "/trpc/keys.verify,keys.verify,?batch=1",
  ),
  junkText.map((text) => `/trpc/${text}`),
  fc.tuple(junkText, fc.oneof(junkText, hugeText)).map(([name, text]) => `/trpc/keys.verify?${name}=${text}`),
  junkText.map((text) => `/v1/forward-auth?${text}`),
  fc
    .tuple(
      fc.constantFrom("permissions", "ip", "cost", "tell", "environment"),
      fc.oneof(junkText, hugeText, likelyText),
    )
    .map(([name, text]) => `/v1/forward-auth?${name}=${text}`),
  junkText.map((text) => `/v1/${text}`),
  hugeText.map((text) => `/v1/forward-auth?project=${text}`),
);

const knownNames = [
  "Authorization",
  "X-API-Key",
  "X-Itsy-Token",
  "X-Itsy-Require",
  "Content-Type",
  "Content-Length",
  "Transfer-Encoding",
  "Connection",
  "Expect",
  "Upgrade",
  "Host",
  "X-Request-Id",
  "Webhook-Id",
  "Webhook-Timestamp",
  "Webhook-Signature",
  "Trailer",
  "TE",
  "Cookie",
  "__proto__",
  "constructor",
] as const;
const headerValue = () =>
  fc.oneof(
    junkText,
    { weight: 1, arbitrary: hugeText },
    fc.constantFrom(
      `Bearer ${target.verifierToken}`,
      `Bearer ${target.secret}`,
      target.secret,
      target.verifierToken,
      "application/json",
      "application/json; charset=utf-7",
      "chunked",
      "gzip, chunked",
      "identity",
      "0",
      "5",
      "-1",
      "1e3",
      "99999999999999999999",
      "100-continue",
      "200-maybe",
      "close",
      "upgrade",
      "websocket",
      "keep-alive, X-Itsy-Token",
      "ip=10.0.0.1&cost=2",
    ),
  );
const headerLine = () =>
  fc
    .tuple(fc.oneof(fc.constantFrom(...knownNames), junkText), headerValue())
    .map(([name, value]) => `${name}: ${value}`);
const headerLines = () =>
  fc.oneof(
    { weight: 8, arbitrary: fc.array(headerLine(), { maxLength: 8 }) },
    // Many, and the same again and again.
    fc
      .tuple(headerLine(), fc.integer({ min: 50, max: 1500 }))
      .map(([line, times]) => Array.from({ length: times }, () => line)),
  );

const deep = fc.integer({ min: 1, max: 4000 }).map((depth) => "[".repeat(depth) + "]".repeat(depth));
const body = () =>
  fc.oneof(
    fc.constantFrom(
      "",
      "{",
      "null",
      '"',
      '{"secret":1}',
      '{"secret":"a","secret":"b"}',
      '{"__proto__":{}}',
      "\u00ff\u00fe",
    ),
    fc.constant(JSON.stringify({ secret: target.secret })),
    fc
      .record({
        secret: fc.constant(target.secret),
        permissions: fc.oneof(fc.array(likelyText, { maxLength: 30 }), fc.jsonValue({ maxDepth: 1 })),
        ip: fc.oneof(likelyText, fc.jsonValue({ maxDepth: 1 })),
        cost: fc.oneof(fc.integer(), fc.double(), fc.jsonValue({ maxDepth: 1 })),
      })
      .map((value) => JSON.stringify(value)),
    fc.json({ maxDepth: 4 }),
    deep,
    deep.map((text) => `{"secret":${text.slice(0, 3000)}`),
    fc.integer({ min: 8000, max: 300_000 }).map((length) => JSON.stringify({ secret: "x".repeat(length) })),
    junkText,
  );

const goodHead = () =>
  fc.constantFrom(
    ["Host: a"],
    ["Host: a", `Authorization: Bearer ${target.verifierToken}`, "Content-Type: application/json"],
    ["Host: a", `X-Itsy-Token: ${target.verifierToken}`],
    [],
  );

test("any request to any door is answered in order: with data, or with a stable code", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(method, path, fc.tuple(goodHead(), headerLines(), fc.boolean()), body(), async (...parts) => {
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
    verifyRequest(),
    forwardAuthRequest(),
    verifyRequest() + forwardAuthRequest(),
    leaksRequest(),
    trpcRequest(),
    trpcRequest() + leaksRequest() + trpcRequest(),
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
    body().map((text) => Buffer.from(text)),
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
      [verifyRequest(), 200],
      [forwardAuthRequest(), 200],
      [verifyRequest([], "{"), 400],
      [verifyRequest([], '{"secret":"x"}'), 200],
      [verifyRequest().replace("application/json", "text/plain"), 415],
      [verifyRequest([], JSON.stringify({ secret: "x".repeat(9000) })), 413],
      [unsignedLeaks(), 401],
      [unsignedLeaks([], "{"), 401],
      [trpcRequest(), 200],
      [trpcRequest([], "{"), 400],
      [trpcRequest([], '{"secret":1}'), 400],
      [trpcRequest().replace("application/json", "text/plain"), 415],
      [trpcRequest([], JSON.stringify({ secret: "x".repeat(70_000) })), 413],
      [trpcRequest().replace("Authorization", "X-Other"), 401],
      [trpcRequest().replace("keys.verify", "keys.list"), 403],
      [trpcRequest().replace("keys.verify", "keys.nothing"), 404],
      [forwardAuthRequest([`Authorization: Bearer other`]), 400],
      [forwardAuthRequest().replace("X-API-Key", "X-Other"), 401],
      [forwardAuthRequest().replace("environment=production", "environment=preview"), 403],
      [forwardAuthRequest().replace("X-Itsy-Token", "X-Other"), 503],
      [verifyRequest([], JSON.stringify({ secret: target.secret, permissions: ["files:read"], ip: "::1" })), 200],
      [verifyRequest([], JSON.stringify({ secret: target.secret, ip: "::1%lo" })), 400],
      [forwardAuthRequest().replace("environment=production", "permissions=files:read&ip=::1"), 403],
      [forwardAuthRequest().replace("environment=production", "ip=::1%lo"), 503],
      [forwardAuthRequest().replace("environment=production", "cost=1000001"), 503],
    ] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...kinds()), { minLength: 1, maxLength: 40 }), async (requests) => {
      const answers = await ask([requests.map(([text]) => text).join("")]);
      expect(answers.map(({ status }) => status)).toEqual(requests.map(([, status]) => status));
    }),
    { numRuns: 100, seed },
  );
});

test("a hundred senders that take their time are given up, and nobody waits for them", {
  timeout: 30_000,
}, async () => {
  const starts = [
    leaksRequest().slice(0, -10),
    verifyRequest().slice(0, -10),
    verifyRequest().slice(0, 40),
    trpcRequest().slice(0, -10),
    trpcRequest([], JSON.stringify({ secret: "x".repeat(60_000) })).slice(0, -10),
    unsignedLeaks([], JSON.stringify({ leaks: [{ secret: "x".repeat(100_000) }] })).slice(0, -10),
    forwardAuthRequest().slice(0, 60),
    "G",
  ];
  const slow = Array.from({ length: 100 }, (_, index) => ask([starts[index % starts.length] ?? ""], "wait"));
  const beganMs = performance.now();
  for (let asked = 0; asked < 20; asked++) await nextIsAnswered();
  expect(performance.now() - beganMs).toBeLessThan(2000);
  expectLittleMore(await target.heap());
  const answers = await Promise.all(slow);
  expect(answers.map((each) => each.map(({ code }) => code))).toEqual(slow.map(() => ["REQUEST_TIMEOUT"]));
});

test("what is larger than anybody needs is cut off, with a code", { timeout: 60_000 }, async () => {
  const chunk = Buffer.from(`10000\r\n${"x".repeat(0x10000)}\r\n`);
  const chunked = (head: string) =>
    head.replace(/Content-Length: \d+/, "Transfer-Encoding: chunked").replace(/\r\n\r\n.*$/s, "\r\n\r\n");
  const endlessLeaks = [chunked(leaksRequest()), ...Array.from({ length: 64 }, () => chunk)];
  const endlessCalls = [chunked(trpcRequest()), ...Array.from({ length: 64 }, () => chunk)];
  const endless = [chunked(verifyRequest()), ...Array.from({ length: 64 }, () => chunk)];
  const statusesOf = async (packets: readonly (string | Buffer)[]) => (await ask(packets)).map(({ status }) => status);
  for (let round = 0; round < 10; round++) {
    // The connection may be gone before the refusal could be read.
    expect([[413], []]).toContainEqual(await statusesOf(endless));
    expect([[413], []]).toContainEqual(await statusesOf(endlessLeaks));
    expect([[413], []]).toContainEqual(await statusesOf(endlessCalls));
    expect([[413], []]).toContainEqual(await statusesOf([trpcRequest([`X: ${"x".repeat(MEBIBYTE)}`])]));
    expect([[413], []]).toContainEqual(await statusesOf([forwardAuthRequest([`X: ${"x".repeat(MEBIBYTE)}`])]));
    const body = Array.from({ length: 16 }, () => chunk);
    const [first] = await statusesOf([forwardAuthRequest(["Transfer-Encoding: chunked"]), ...body, "0\r\n\r\n"]);
    expect([200, undefined]).toContain(first);
  }
});

test("after all of this, and thousands of requests more, the memory is what it was", { timeout: 120_000 }, async () => {
  const one = (index: number) =>
    verifyRequest([`X-Request-Id: r-${index}`], JSON.stringify({ secret: `itsy_production_sk_${index}` })) +
    forwardAuthRequest([`X-${index}: ${index}`, `Cookie: ${"c".repeat(2000)}`]).replace(
      "X-API-Key: ",
      `X-API-Key: ${index}`,
    ) +
    forwardAuthRequest().replace("X-Itsy-Token: ", `X-Itsy-Token: ${index}`) +
    verifyRequest().replace("Bearer ", `Bearer ${index}`) +
    verifyRequest([], JSON.stringify({ secret: "x".repeat(8500) + index })) +
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
