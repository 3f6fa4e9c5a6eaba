import type { RateLimitState, RefusalCode, Verification } from "@itsy/contract";

type ValidVerification = Extract<Verification, { readonly valid: true }>;

/** Whose key it is, and what it may do: `keyId`, `workspace`, `project`, `environment`, `name`, `owner`, `metadata`,
 * `permissions`. Holds no secret. */
export type VerifiedKey = Readonly<Omit<ValidVerification, "valid" | "rateLimit">>;

/**
 * The service's codes, and `UNRECOGNISED`: a code that this version of the package does not know. A refusal stays a
 * refusal when the service learns a new reason for one.
 */
export type VerifierRefusalCode = RefusalCode | "UNRECOGNISED";

/** Why the key service could not be asked, or what it said could not be believed. */
export type UnavailableReason =
  /** No complete answer in time. */
  | "TIMEOUT"
  /** Refused, reset, cut off, no such host, no trust in its certificate. */
  | "TRANSPORT"
  /** A status of 500 or above, from the service or from what stands before it. */
  | "SERVER_ERROR"
  /** Not asked, because most attempts failed a moment ago. */
  | "CIRCUIT_OPEN"
  /** Something answered that does not speak the protocol: a proxy's page, another server, JSON of another shape. */
  | "UNEXPECTED_ANSWER"
  /** The verifier's own management token is malformed, unknown, expired or not allowed to verify. */
  | "TOKEN_REFUSED";

export interface Accepted {
  readonly outcome: "accepted";
  readonly key: VerifiedKey;
  readonly rateLimit: Readonly<RateLimitState>;
}

export interface Refused {
  readonly outcome: "refused";
  readonly code: VerifierRefusalCode;
  /** With `RATE_LIMITED` and `QUOTA_EXCEEDED`: milliseconds until a request can be accepted again, if waiting helps. */
  readonly retryAfterMs?: number;
  /** With `RATE_LIMITED`, when the service says it. */
  readonly rateLimit?: Readonly<RateLimitState>;
}

export interface Unavailable {
  readonly outcome: "unavailable";
  readonly reason: UnavailableReason;
  /** Milliseconds after which it is worth asking again. */
  readonly retryAfterMs: number;
  /** Finds the failed call in the service's log. */
  readonly requestId?: string;
  /** What the platform threw, for a log. */
  readonly cause?: unknown;
}

/** Three results that never mix: the key is good, the key is bad, nobody could say. */
export type VerifierAnswer = Accepted | Refused | Unavailable;

const outages: ReadonlySet<UnavailableReason> = new Set(["TIMEOUT", "TRANSPORT", "SERVER_ERROR", "CIRCUIT_OPEN"]);

/** Whether the service is down, as opposed to a wrong address, a wrong token or something else in its place. */
export const isOutage = ({ reason }: Unavailable): boolean => outages.has(reason);
