/**
 * Every error that leaves Itsy Keys has one of these codes. Codes are stable; messages are for people and may change.
 * This is the only table that maps a code to a protocol: `http` is the status, `trpc` the code of tRPC's JSON-RPC shape.
 */
export const errorCodes = {
  /** The input does not fit the schema; `issues` names each field. */
  INVALID_INPUT: { http: 400, trpc: "BAD_REQUEST" },
  /** The body is not JSON, or is cut off. */
  MALFORMED_BODY: { http: 400, trpc: "PARSE_ERROR" },
  /** No credential, or one that is unknown, expired or revoked. */
  UNAUTHENTICATED: { http: 401, trpc: "UNAUTHORIZED" },
  /** The caller's role may not do this, or its cluster may not act for this workspace. */
  FORBIDDEN: { http: 403, trpc: "FORBIDDEN" },
  /** Nothing of that name or id in what the caller may see. */
  NOT_FOUND: { http: 404, trpc: "NOT_FOUND" },
  METHOD_NOT_ALLOWED: { http: 405, trpc: "METHOD_NOT_SUPPORTED" },
  /** The name is taken already. */
  ALREADY_EXISTS: { http: 409, trpc: "CONFLICT" },
  /** The thing is not in a state in which this can be done, for example rotating a revoked key. */
  CONFLICT: { http: 409, trpc: "CONFLICT" },
  /** An `ApiKey` resource owns this key: change the resource instead. */
  MANAGED_BY_CLUSTER: { http: 409, trpc: "CONFLICT" },
  /** The workspace has as many keys as it may have. */
  KEY_LIMIT_REACHED: { http: 409, trpc: "CONFLICT" },
  /** A rate limit or an expiry beyond what the workspace allows. */
  ABOVE_MAXIMUM: { http: 400, trpc: "BAD_REQUEST" },
  /** Not of a key: a key beyond its limit is an answer of `verify`. */
  TOO_MANY_REQUESTS: { http: 429, trpc: "TOO_MANY_REQUESTS" },
  PAYLOAD_TOO_LARGE: { http: 413, trpc: "PAYLOAD_TOO_LARGE" },
  UNSUPPORTED_MEDIA_TYPE: { http: 415, trpc: "UNSUPPORTED_MEDIA_TYPE" },
  /** The request took too long to arrive. */
  REQUEST_TIMEOUT: { http: 408, trpc: "TIMEOUT" },
  /** The database cannot be reached, or the service is draining: try again later. */
  UNAVAILABLE: { http: 503, trpc: "SERVICE_UNAVAILABLE" },
  /** A defect on our side; the log has the cause under the request id. */
  INTERNAL: { http: 500, trpc: "INTERNAL_SERVER_ERROR" },
} as const;

export type ErrorCode = keyof typeof errorCodes;

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === "string" && Object.hasOwn(errorCodes, value);
