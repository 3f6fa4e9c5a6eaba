import { setTimeout as delay } from "node:timers/promises";

import { afterAll, beforeAll, expect, test } from "vitest";

import { openRaw } from "./api/raw.ts";
import { signed } from "./api/scanner.ts";
import { type RunningTarget, startFuzzTarget } from "./api/start-fuzz-target.ts";

const MEBIBYTE = 1024 * 1024;
/** Together far more than the process may keep. */
const ATTACKERS = 160;
const LEAK_BYTES = 511 * 1024;
/** Beside the budgets: connections, and what is under way between them and the doors. */
const BESIDE_BYTES_MAX = 40 * MEBIBYTE;

const unsignedHeaders = signed("{}", { at: new Date(0) });

/** All but the last byte of a body, after headers that announce all of it. */
const partial = (start: string, lines: readonly string[], bytes: number) =>
  Buffer.concat([
    Buffer.from([start, "Host: a", ...lines, `Content-Length: ${bytes}`, "", ""].join("\r\n")),
    Buffer.alloc(bytes - 1, "x"),
  ]);

const linesOf = (headers: Record<string, string>) =>
  Object.entries(headers).map(([name, value]) => `${name}: ${value}`);

const POST_LEAKS = "POST /v1/leaks HTTP/1.1";
const POST_TRPC = "POST /trpc/keys.create HTTP/1.1";

interface Attack {
  readonly what: string;
  readonly bytes: () => Buffer;
  readonly budgetBytes: number;
}

const attacks: readonly Attack[] = [
  {
    what: "reports of leaks whose headers are of the right form",
    bytes: () => partial(POST_LEAKS, linesOf(signed("other", { at: new Date() })), LEAK_BYTES),
    budgetBytes: 16 * MEBIBYTE,
  },
  {
    what: "reports of leaks whose headers nobody signed",
    bytes: () => partial(POST_LEAKS, linesOf(unsignedHeaders), LEAK_BYTES),
    budgetBytes: 0,
  },
  {
    what: "reports of leaks by another method",
    bytes: () => partial("PUT /v1/leaks HTTP/1.1", linesOf(signed("x", { at: new Date() })), LEAK_BYTES),
    budgetBytes: 0,
  },
  {
    what: "calls of the management API, as large as they may be set to be",
    bytes: () => partial(POST_TRPC, ["Content-Type: application/json"], LEAK_BYTES),
    budgetBytes: 16 * MEBIBYTE,
  },
  {
    what: "calls of the management API of another type",
    bytes: () => partial(POST_TRPC, ["Content-Type: text/plain"], LEAK_BYTES),
    budgetBytes: 0,
  },
  {
    what: "questions without a token",
    bytes: () => partial("POST /v1/verify HTTP/1.1", ["Content-Type: application/json"], LEAK_BYTES),
    budgetBytes: 0,
  },
];

const isGood = async ({ url, verifierToken, secret }: RunningTarget): Promise<boolean> => {
  const response = await fetch(`${url}/v1/verify`, {
    method: "POST",
    headers: { authorization: `Bearer ${verifierToken}`, "content-type": "application/json" },
    body: JSON.stringify({ secret }),
  });
  return response.status === 200 && ((await response.json()) as { valid: boolean }).valid;
};

let target: RunningTarget;
let few: RunningTarget;
beforeAll(async () => {
  few = await startFuzzTarget({ CONNECTIONS_MAX: "8", HEADERS_TIMEOUT_MS: "30000", KEEP_ALIVE_MS: "30000" });
  target = await startFuzzTarget({
    BODY_BYTES_MAX: String(LEAK_BYTES),
    HEADERS_TIMEOUT_MS: "30000",
    REQUEST_TIMEOUT_MS: "30000",
  });
  for (let asked = 0; asked < 100; asked++) await isGood(target);
});
afterAll(async () => {
  await target[Symbol.asyncDispose]();
  await few[Symbol.asyncDispose]();
});

test.each(attacks)(
  "little is kept of a body whose end does not come, however many send one: $what",
  {
    timeout: 60_000,
  },
  async ({ what, bytes, budgetBytes }) => {
    const before = await target.heap();
    await using attackers = new AsyncDisposableStack();
    let mostBytes = 0;
    const look = async () => {
      const now = await target.heap();
      const more = now.heapBytes + now.arrayBufferBytes - before.heapBytes - before.arrayBufferBytes;
      mostBytes = Math.max(mostBytes, more);
      expect(await isGood(target)).toBe(true);
    };
    const sent = bytes();
    for (let opened = 0; opened < ATTACKERS; opened++) {
      attackers.use(await openRaw(target.url)).write(sent);
      if (opened % 40 === 0) await look();
    }
    // What was written may still be on its way.
    for (let looked = 0; looked < 6; looked++) {
      await delay(50);
      await look();
    }
    console.log(`${what}: ${Math.round(mostBytes / MEBIBYTE)} MiB more`);
    expect(mostBytes).toBeLessThan(budgetBytes + BESIDE_BYTES_MAX);
  },
);

test("beyond the budget a report is refused with a code, and taken again when the others are gone", async () => {
  const report = async () => {
    const body = JSON.stringify({ leaks: [{ secret: "x".repeat(200) }] });
    const headers = signed(body, { at: new Date() });
    const response = await fetch(`${target.url}/v1/leaks`, { method: "POST", headers, body });
    const { error } = (await response.json()) as { readonly error?: { readonly code: string } };
    return { status: response.status, code: error?.code, retryAfter: response.headers.get("retry-after") };
  };
  const taken = { status: 200, code: undefined, retryAfter: null };
  expect(await report()).toEqual(taken);
  {
    await using attackers = new AsyncDisposableStack();
    // The last one takes all that the others left.
    const sizes = [...Array.from({ length: 32 }, () => LEAK_BYTES), 32 * 1024 + 1];
    for (const size of sizes) {
      const connection = attackers.use(await openRaw(target.url));
      connection.write(partial(POST_LEAKS, linesOf(signed("other", { at: new Date() })), size));
    }
    const refused = { status: 503, code: "UNAVAILABLE", retryAfter: "1" };
    await expect.poll(report, { timeout: 10_000 }).toEqual(refused);
  }
  await expect.poll(report, { timeout: 10_000 }).toEqual(taken);
});

test("one connection more than there may be is closed, and the others are served", async () => {
  await using opened = new AsyncDisposableStack();
  const answers: string[] = [];
  for (let asked = 0; asked < 12; asked++) {
    const connection = opened.use(await openRaw(few.url));
    connection.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    answers.push(await connection.received(/"ok"/));
  }
  const served = answers.findIndex((answer) => answer === "");
  expect([served > 0, served <= 8]).toEqual([true, true]);
  for (const answer of answers.slice(0, served)) expect(answer).toContain("200 OK");
  expect(answers.slice(served)).toEqual(Array.from({ length: 12 - served }, () => ""));
});
