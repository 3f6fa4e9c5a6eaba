import { ErrorBody } from "@itsy/contract";
import { generateSecret } from "@itsy/key-format";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { postLeaks, reportLeaks, SCANNER_KEY, signed } from "./api/scanner.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";

const OTHER_KEY = Buffer.alloc(32, "another one").toString("base64");
const LEAK_SCANNERS = `hub:whsec_${SCANNER_KEY},own:${Buffer.alloc(24, "x").toString("base64")},own:${Buffer.alloc(64, "y").toString("base64")}`;
const UNAUTHENTICATED = { status: 401, code: "UNAUTHENTICATED" };

let api: TestApi;
let secret: string;

beforeAll(async () => {
  api = await startTestApi({ env: { LEAK_SCANNERS } });
  const { tokens } = await api.tenant("acme");
  ({ secret } = await api.client(tokens.admin).keys.create({ name: "a", environment: "production" }));
});
afterAll(() => api[Symbol.asyncDispose]());

const bodyOf = (text: string) => JSON.stringify({ leaks: [{ secret: text }] });
const at = (offsetMs = 0) => new Date(api.clock.now().getTime() + offsetMs);

describe("a report is taken", () => {
  test.each([
    ["with a prefix", SCANNER_KEY],
    ["of 24 bytes", Buffer.alloc(24, "x").toString("base64")],
    ["of 64 bytes, the second one of its scanner", Buffer.alloc(64, "y").toString("base64")],
  ])("signed with a key %s, by another implementation of the same scheme", async (_which, key) => {
    const body = bodyOf(secret);
    expect(await postLeaks(api.url, body, signed(body, { at: at(), key }))).toMatchObject({
      status: 200,
      labels: ["true_positive"],
    });
  });

  test("whose signature is one of several", async () => {
    const body = bodyOf(secret);
    const good = signed(body, { at: at() });
    const many = `v1,${"A".repeat(43)}= v1a,xyz ${good["webhook-signature"]} junk`;
    expect(await postLeaks(api.url, body, { ...good, "webhook-signature": many })).toMatchObject({ status: 200 });
  });

  test("up to five minutes early or late, and again: the same answer, and nothing done twice", async () => {
    const body = bodyOf(secret);
    for (const offsetMs of [-300_000, 300_000]) {
      const headers = signed(body, { at: at(offsetMs) });
      for (let again = 0; again < 2; again++) {
        expect(await postLeaks(api.url, body, headers)).toMatchObject({ status: 200, labels: ["true_positive"] });
      }
    }
  });
});

describe("a report is refused, and whatever it holds makes no difference,", () => {
  const refusals: readonly [string, (body: string) => Record<string, string>][] = [
    ["without a signature", () => ({ "content-type": "application/json" })],
    ["with the signature of another body", () => signed(bodyOf("other"), { at: at() })],
    ["with the signature of a key that nobody has", (body) => signed(body, { at: at(), key: OTHER_KEY })],
    ["older than five minutes", (body) => signed(body, { at: at(-301_000) })],
    ["from further ahead than five minutes", (body) => signed(body, { at: at(301_000) })],
    [
      "with a timestamp that was moved",
      (body) => ({
        ...signed(body, { at: at(-400_000) }),
        "webhook-timestamp": String(Math.floor(at().getTime() / 1000)),
      }),
    ],
    ["with another id", (body) => ({ ...signed(body, { at: at() }), "webhook-id": "msg_other" })],
    ["with an id that moves the border", (body) => ({ ...signed(body, { at: at() }), "webhook-id": "msg.1" })],
    [
      "with a signature of another version",
      (body) => {
        const good = signed(body, { at: at() });
        return { ...good, "webhook-signature": good["webhook-signature"].replace("v1,", "v1a,") };
      },
    ],
    ["with a timestamp that is no number", (body) => ({ ...signed(body, { at: at() }), "webhook-timestamp": "1e9" })],
    [
      "with a management token instead",
      () => ({ "content-type": "application/json", authorization: `Bearer ${api.operatorToken}` }),
    ],
  ];

  test.each(refusals)("%s", async (_how, headersOf) => {
    const unknown = generateSecret({ environment: "production" });
    const bodies = [bodyOf(secret), bodyOf(unknown), "{", "", '{"leaks":[]}', JSON.stringify({ leaks: [1] })];
    const answers = await Promise.all(
      bodies.map(async (body) => {
        const response = await fetch(`${api.url}/v1/leaks`, { method: "POST", headers: headersOf(body), body });
        const { error } = (await response.json()) as { error: unknown };
        const { requestId: _, ...said } = ErrorBody.parse(error);
        return JSON.stringify([response.status, said, response.headers.get("www-authenticate")]);
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain("401");
    expect(answers[0]).toContain("UNAUTHENTICATED");
  });

  test("where no scanner is set", async () => {
    await using none = await startTestApi();
    expect(await reportLeaks(none, [{ secret }])).toMatchObject(UNAUTHENTICATED);
  });
});

describe("a signed report", () => {
  const answerTo = async (body: string, more: Record<string, string> = {}) =>
    postLeaks(api.url, body, { ...signed(body, { at: at() }), ...more });

  test.each([
    ["no JSON", "{", 400, "MALFORMED_BODY"],
    ["no leaks", JSON.stringify({ leaks: [] }), 400, "INVALID_INPUT"],
    [
      "more than a thousand",
      JSON.stringify({ leaks: Array.from({ length: 1001 }, () => ({ secret: "x" })) }),
      400,
      "INVALID_INPUT",
    ],
    ["a field too many", JSON.stringify({ leaks: [{ secret: "x", token: "y" }] }), 400, "INVALID_INPUT"],
    [
      "more bytes than a thousand leaks have",
      JSON.stringify({ leaks: [{ secret: "x".repeat(600_000) }] }),
      413,
      "PAYLOAD_TOO_LARGE",
    ],
  ])("with %s is refused with a stable code", async (_what, body, status, code) => {
    expect(await answerTo(body)).toMatchObject({ status, code });
  });

  test("that is no JSON by its type, or comes by another method, is refused", async () => {
    expect(await answerTo(bodyOf("x"), { "content-type": "text/plain" })).toMatchObject({ status: 415 });
    const response = await fetch(`${api.url}/v1/leaks`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("is answered with one label for each leak, in their order, and with nothing else", async () => {
    const unknown = generateSecret({ environment: "production" });
    const broken = `${secret.slice(0, -1)}${secret.endsWith("a") ? "b" : "a"}`;
    const leaks = [unknown, secret, "junk", broken, secret, api.operatorToken.slice(0, -3)].map((text) => ({
      secret: text,
    }));
    const body = JSON.stringify({ leaks });
    const response = await fetch(`${api.url}/v1/leaks`, { method: "POST", headers: signed(body, { at: at() }), body });
    expect(await response.json()).toEqual({
      results: ["false", "true", "false", "false", "true", "false"].map((which) => ({ label: `${which}_positive` })),
    });
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toMatch(/itsy_leaks_total\{outcome="notified"\} \d+/);
    expect(metrics).toMatch(/itsy_leaks_total\{outcome="unknown"\} \d+/);
  });

  test("is one of sixty in a minute: more are told when to come again, and other scanners are not held up", async () => {
    await using busy = await startTestApi({ env: { LEAK_SCANNERS } });
    const send = () => reportLeaks(busy, [{ secret: "x" }]);
    for (let sent = 0; sent < 60; sent++) expect(await send()).toMatchObject({ status: 200 });
    const body = bodyOf("x");
    const headers = signed(body, { at: busy.clock.now() });
    const refused = await fetch(`${busy.url}/v1/leaks`, { method: "POST", headers, body });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
    expect(await refused.json()).toMatchObject({ error: { code: "TOO_MANY_REQUESTS" } });
    const key = Buffer.alloc(24, "x").toString("base64");
    expect(await postLeaks(busy.url, body, signed(body, { at: busy.clock.now(), key }))).toMatchObject({ status: 200 });
    busy.clock.advance(60_000);
    expect(await send()).toMatchObject({ status: 200 });
  });
});
