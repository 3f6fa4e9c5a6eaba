import { RefusalCode } from "@itsy/contract";
import { describe, expect, test } from "vitest";

import { type Denial, httpAnswerOf } from "./denial.ts";

const refused = (code: string, more: object = {}) => ({ outcome: "refused", code, ...more }) as Denial;

describe("httpAnswerOf", () => {
  const table: readonly (readonly [denial: Denial, status: number, code: string, challenge: string | undefined])[] = [
    [{ outcome: "unidentified", code: "CREDENTIAL_MISSING" }, 401, "API_KEY_MISSING", "Bearer"],
    [
      { outcome: "unidentified", code: "CREDENTIAL_AMBIGUOUS" },
      400,
      "API_KEY_AMBIGUOUS",
      'Bearer error="invalid_request"',
    ],
    [refused("NOT_FOUND"), 401, "API_KEY_INVALID", 'Bearer error="invalid_token"'],
    [refused("REVOKED"), 401, "API_KEY_REVOKED", 'Bearer error="invalid_token"'],
    [refused("PAUSED"), 401, "API_KEY_PAUSED", 'Bearer error="invalid_token"'],
    [refused("EXPIRED"), 401, "API_KEY_EXPIRED", 'Bearer error="invalid_token"'],
    [refused("FORBIDDEN"), 403, "API_KEY_FORBIDDEN", undefined],
    [refused("INSUFFICIENT_PERMISSIONS"), 403, "INSUFFICIENT_PERMISSIONS", 'Bearer error="insufficient_scope"'],
    [refused("RATE_LIMITED"), 429, "RATE_LIMITED", undefined],
    [refused("QUOTA_EXCEEDED"), 429, "QUOTA_EXCEEDED", undefined],
    [refused("UNRECOGNISED"), 403, "API_KEY_REFUSED", undefined],
    [{ outcome: "unavailable", reason: "TIMEOUT", retryAfterMs: 1 }, 503, "VERIFICATION_UNAVAILABLE", undefined],
  ];
  test.each(table)("%o is answered %i %s", (denial, status, code, challenge) => {
    const answer = httpAnswerOf(denial);
    expect(answer).toMatchObject({ status, problem: { status, code } });
    expect(answer.headers["WWW-Authenticate"]).toBe(challenge);
    expect(answer.headers["Cache-Control"]).toBe("no-store");
  });

  test("every code of the contract has its answer", () => {
    const known = new Set(table.map(([denial]) => ("code" in denial ? denial.code : null)));
    expect(RefusalCode.options.filter((code) => !known.has(code))).toEqual([]);
  });

  test("a limited request is told when to come back, rounded up, in the same words everywhere", () => {
    const { headers, problem } = httpAnswerOf(
      refused("RATE_LIMITED", { retryAfterMs: 2001, rateLimit: { limit: 60, remaining: 0, resetMs: 59_000 } }),
    );
    expect(headers).toMatchObject({
      "Retry-After": "3",
      "RateLimit-Policy": '"api-key";q=60;w=60',
      RateLimit: '"api-key";r=0;t=3',
    });
    const costly = httpAnswerOf(
      refused("RATE_LIMITED", { retryAfterMs: 2001, rateLimit: { limit: 60, remaining: 4, resetMs: 59_000 } }),
    );
    expect(costly.headers["RateLimit"]).toBe('"api-key";r=4;t=3');
    expect(problem.type).toBe("https://iana.org/assignments/http-problem-types#quota-exceeded");
    expect(problem["violated-policies"]).toEqual(["api-key"]);
  });

  test("where no wait helps, none is advised", () => {
    const { status, headers } = httpAnswerOf(refused("RATE_LIMITED"));
    expect([status, headers]).toEqual([429, { "Cache-Control": "no-store" }]);
    const told = httpAnswerOf(
      refused("RATE_LIMITED", { rateLimit: { limit: 60, remaining: 58, resetMs: 59_001 } }),
    ).headers;
    expect(told["Retry-After"]).toBeUndefined();
    expect(told).toMatchObject({ "RateLimit-Policy": '"api-key";q=60;w=60', RateLimit: '"api-key";r=58;t=60' });
  });

  test("nobody is told to come back in less than a second", () => {
    expect(httpAnswerOf(refused("RATE_LIMITED", { retryAfterMs: 0 })).headers["Retry-After"]).toBe("1");
    expect(httpAnswerOf({ outcome: "unavailable", reason: "TIMEOUT", retryAfterMs: 0 }).headers["Retry-After"]).toBe(
      "1",
    );
  });

  test("why the service could not be asked stays inside", () => {
    const cause = new Error("connect ECONNREFUSED 10.0.0.7:8443");
    const answer = httpAnswerOf({
      outcome: "unavailable",
      reason: "TRANSPORT",
      retryAfterMs: 1000,
      requestId: "r-7",
      cause,
    });
    expect(JSON.stringify(answer)).not.toMatch(/10\.0\.0\.7|r-7|TRANSPORT/);
  });
});
