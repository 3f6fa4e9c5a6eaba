import type { Refused, Unavailable, VerifierRefusalCode } from "./answer.ts";
import type { CredentialFlaw } from "./credential.ts";
import { acceptedFields, type HeaderFields, limitedFields, RATE_LIMIT_POLICY, secondsOf } from "./rate-limit-fields.ts";

export interface Unidentified {
  readonly outcome: "unidentified";
  readonly code: CredentialFlaw;
}

/** Why a request does not go on. */
export type Denial = Unidentified | Refused | Unavailable;

/** The body of an answer (RFC 9457). `code` is stable, `detail` is for people. */
export interface Problem {
  readonly type?: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly "violated-policies"?: readonly string[];
}

/** What the caller of an API is told. */
export interface HttpAnswer {
  readonly status: number;
  /** All but those that describe the body. */
  readonly headers: HeaderFields;
  readonly problem: Problem;
}

export const PROBLEM_TYPE = "application/problem+json";

interface Row {
  readonly status: 400 | 401 | 403 | 429 | 503;
  readonly code: string;
  readonly detail: string;
  /** The `error` of the challenge (RFC 6750, section 3.1). */
  readonly challenge?: "invalid_request" | "invalid_token" | "insufficient_scope";
}

const titles = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  429: "Too Many Requests",
  503: "Service Unavailable",
} as const satisfies Record<Row["status"], string>;

/**
 * The only table from a denial to HTTP. Whoever holds a secret that was once good may know that it is revoked, paused
 * or expired: that helps its owner, and tells a thief only that it is useless. For all others a key is just not valid.
 */
const rows: Readonly<Record<CredentialFlaw | VerifierRefusalCode | "UNAVAILABLE", Row>> = {
  CREDENTIAL_MISSING: {
    status: 401,
    code: "API_KEY_MISSING",
    detail: "An API key is needed: Authorization: Bearer, or X-API-Key.",
  },
  CREDENTIAL_AMBIGUOUS: {
    status: 400,
    code: "API_KEY_AMBIGUOUS",
    detail: "Send one API key, in one header.",
    challenge: "invalid_request",
  },
  NOT_FOUND: { status: 401, code: "API_KEY_INVALID", detail: "The API key is not valid.", challenge: "invalid_token" },
  REVOKED: { status: 401, code: "API_KEY_REVOKED", detail: "The API key was revoked.", challenge: "invalid_token" },
  PAUSED: { status: 401, code: "API_KEY_PAUSED", detail: "The API key is paused.", challenge: "invalid_token" },
  EXPIRED: { status: 401, code: "API_KEY_EXPIRED", detail: "The API key has expired.", challenge: "invalid_token" },
  FORBIDDEN: { status: 403, code: "API_KEY_FORBIDDEN", detail: "The API key may not be used here." },
  INSUFFICIENT_PERMISSIONS: {
    status: 403,
    code: "INSUFFICIENT_PERMISSIONS",
    detail: "The API key lacks a permission that is needed here.",
    challenge: "insufficient_scope",
  },
  RATE_LIMITED: { status: 429, code: "RATE_LIMITED", detail: "The API key made too many requests." },
  QUOTA_EXCEEDED: { status: 429, code: "QUOTA_EXCEEDED", detail: "The quota that this API key belongs to is used up." },
  UNRECOGNISED: { status: 403, code: "API_KEY_REFUSED", detail: "The API key was refused." },
  // Not why: how this server is built is no business of its callers.
  UNAVAILABLE: {
    status: 503,
    code: "VERIFICATION_UNAVAILABLE",
    detail: "The API key cannot be checked right now. Try again later.",
  },
};

const challengeOf = ({ status, challenge }: Row): HeaderFields => {
  if (challenge !== undefined) return { "WWW-Authenticate": `Bearer error="${challenge}"` };
  // RFC 6750: a request without any credential gets a challenge without an error.
  return status === 401 ? { "WWW-Authenticate": "Bearer" } : {};
};

/** Nobody gains from being told to come back at once. */
const RETRY_AFTER_MS_MIN = 1000;

const retryOf = (denial: Denial): HeaderFields => {
  if (denial.outcome === "unidentified") return {};
  const { retryAfterMs } = denial;
  if (denial.outcome === "refused" && denial.code === "RATE_LIMITED") {
    // Costs more than the whole limit: no wait helps, so none is advised.
    if (retryAfterMs === undefined) return denial.rateLimit === undefined ? {} : acceptedFields(denial.rateLimit);
    const waitMs = Math.max(retryAfterMs, RETRY_AFTER_MS_MIN);
    return { "Retry-After": String(secondsOf(waitMs)), ...limitedFields(waitMs, denial.rateLimit) };
  }
  if (retryAfterMs === undefined) return {};
  return { "Retry-After": String(secondsOf(Math.max(retryAfterMs, RETRY_AFTER_MS_MIN))) };
};

/** The answer to a request that does not go on. Holds nothing that the request said. */
export const httpAnswerOf = (denial: Denial): HttpAnswer => {
  const row = rows[denial.outcome === "unavailable" ? "UNAVAILABLE" : denial.code];
  const { status, code, detail } = row;
  const isQuota = code === "RATE_LIMITED";
  return {
    status,
    headers: { ...challengeOf(row), ...retryOf(denial), "Cache-Control": "no-store" },
    problem: {
      ...(isQuota && { type: "https://iana.org/assignments/http-problem-types#quota-exceeded" }),
      title: titles[status],
      status,
      code,
      detail,
      ...(isQuota && { "violated-policies": [RATE_LIMIT_POLICY] }),
    },
  };
};
