/** One reason inside a refusal, for example a field that another field manager owns. */
export interface KubeErrorCause {
  readonly reason?: string;
  readonly field?: string;
  readonly message?: string;
}

export interface KubeErrorInit {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterMs?: number;
  readonly subject?: string;
  readonly causes?: readonly KubeErrorCause[];
  readonly cause?: unknown;
}

/**
 * Every failure of a request. `status` is the HTTP status, or 0 when no answer came; `reason` is the API's
 * machine-readable reason (`NotFound`, `Conflict`, `AlreadyExists`, `Invalid`, `Expired`, …) or, without an answer,
 * `Unreachable` (network, TLS, deadline passed) or `Aborted` (the caller's signal).
 * After `Unreachable` a write may have happened.
 */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly status: number;
  readonly reason: string;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** The name of the object that the server says it is about. A 404 without one means: no such resource type. */
  readonly subject: string | null;
  readonly causes: readonly KubeErrorCause[];

  constructor(init: KubeErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.status = init.status;
    this.reason = init.reason;
    this.retryAfterMs = init.retryAfterMs ?? null;
    this.subject = init.subject ?? null;
    this.causes = init.causes ?? [];
  }
}

const hasStatus =
  (status: number) =>
  (error: unknown): error is KubeError =>
    error instanceof KubeError && error.status === status;

export const isNotFound: (error: unknown) => error is KubeError = hasStatus(404);
export const isForbidden: (error: unknown) => error is KubeError = hasStatus(403);

/** The resourceVersion or continue token is too old: list again. */
export const isGone: (error: unknown) => error is KubeError = hasStatus(410);

/** The object changed since it was read, or another field manager owns a field. Not: it exists already. */
export const isConflict = (error: unknown): error is KubeError =>
  hasStatus(409)(error) && error.reason !== "AlreadyExists";

/** A create found the name taken. */
export const isAlreadyExists = (error: unknown): error is KubeError =>
  hasStatus(409)(error) && error.reason === "AlreadyExists";

/** No answer came; the request may or may not have been carried out. */
export const isUnreachable = (error: unknown): error is KubeError =>
  error instanceof KubeError && error.reason === "Unreachable";

/** The caller's own signal ended the request. */
export const isAborted = (error: unknown): error is KubeError =>
  error instanceof KubeError && error.reason === "Aborted";
