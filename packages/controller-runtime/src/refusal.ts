import { KubeError, type KubeErrorCause } from "./kube-error.ts";

/** metav1.Status, as far as it is read here. */
interface Status {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: {
    readonly name?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly KubeErrorCause[];
  };
}

const reasonsByStatus: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

const parseStatus = (body: unknown): Status => {
  if (typeof body !== "object" || body === null) return {};
  const status: Status = body;
  return status.kind === "Status" ? status : {};
};

/** A Status object, wherever it came from, as an error. `body` is the parsed body, `null` when it was not JSON. */
export const refusalOf = (
  body: unknown,
  answer: { readonly status?: number; readonly what: string; readonly retryAfter?: string | null },
): KubeError => {
  const { code = 0, reason, message = "no reason given", details = {} } = parseStatus(body);
  const status = answer.status ?? code;
  const seconds = details.retryAfterSeconds ?? (answer.retryAfter == null ? 0 : Number(answer.retryAfter));
  return new KubeError({
    status,
    reason: reason ?? reasonsByStatus[status] ?? "Unknown",
    message: `${answer.what}: ${status} ${message}`.slice(0, 2_000),
    ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
    ...(details.name === undefined ? {} : { subject: details.name }),
    causes: details.causes ?? [],
  });
};
