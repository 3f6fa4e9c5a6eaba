import fc from "fast-check";

import type { FuzzTarget } from "./fuzz-target.ts";

export const junkText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom("", " ", "\t", ",", "\u0000", "\u00ff", "\r", "\n", "%", "..", "Bearer ", "Bearer a, Bearer b"),
);
export const hugeText = fc.integer({ min: 100, max: 40_000 }).map((length) => "x".repeat(length));

/** What a field of a requirement may hold, or nearly. */
export const likelyText = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.integer().map(String),
  fc
    .array(fc.constantFrom("files:read", "files:*", "*", "owner", "metadata", ""), { maxLength: 20 })
    .map((all) => all.join(",")),
);

export const method = fc.constantFrom(
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
export const path = fc.oneof(
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

const deep = fc.integer({ min: 1, max: 4000 }).map((depth) => "[".repeat(depth) + "]".repeat(depth));

/** Parts of requests, some of which say the right thing in the wrong place. */
export const requestParts = ({ secret, verifierToken }: Pick<FuzzTarget, "secret" | "verifierToken">) => {
  const headerValue = fc.oneof(
    junkText,
    { weight: 1, arbitrary: hugeText },
    fc.constantFrom(
      `Bearer ${verifierToken}`,
      `Bearer ${secret}`,
      secret,
      verifierToken,
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
  const headerLine = fc
    .tuple(fc.oneof(fc.constantFrom(...knownNames), junkText), headerValue)
    .map(([name, value]) => `${name}: ${value}`);
  const headerLines = fc.oneof(
    { weight: 8, arbitrary: fc.array(headerLine, { maxLength: 8 }) },
    // Many, and the same again and again.
    fc
      .tuple(headerLine, fc.integer({ min: 50, max: 1500 }))
      .map(([line, times]) => Array.from({ length: times }, () => line)),
  );

  const body = fc.oneof(
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
    fc.constant(JSON.stringify({ secret: secret })),
    fc
      .record({
        secret: fc.constant(secret),
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

  const goodHead = fc.constantFrom(
    ["Host: a"],
    ["Host: a", `Authorization: Bearer ${verifierToken}`, "Content-Type: application/json"],
    ["Host: a", `X-Itsy-Token: ${verifierToken}`],
    [],
  );

  return { goodHead, headerLines, body };
};
