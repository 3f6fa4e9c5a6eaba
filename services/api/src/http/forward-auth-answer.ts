import type { ServerResponse } from "node:http";

import type { Verification } from "@itsy/contract";
import { acceptedFields, type Denial, type HeaderFields, httpAnswerOf, PROBLEM_TYPE } from "@itsy/verify/http";

type Valid = Extract<Verification, { readonly valid: true }>;

/** Nobody can say; asking again soon may help. */
const RETRY_UNAVAILABLE_MS = 1000;
export const unavailable: Denial = Object.freeze({
  outcome: "unavailable",
  reason: "SERVER_ERROR",
  retryAfterMs: RETRY_UNAVAILABLE_MS,
});

/** Whose key it is, for the server behind the proxy. A name may hold any character, so it is percent-encoded UTF-8. */
const identityFields = ({ keyId, workspace, project, environment, name }: Valid): HeaderFields => ({
  "X-Itsy-Key-Id": keyId,
  "X-Itsy-Workspace": workspace,
  "X-Itsy-Project": project,
  "X-Itsy-Environment": environment,
  // Half a surrogate pair cannot be encoded.
  "X-Itsy-Key-Name": encodeURIComponent(name.toWellFormed()),
});

interface Told {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: string;
}

/** A good key: its identity, no body. */
export const toldOfValid = (verification: Valid): Told => ({
  status: 200,
  headers: {
    ...identityFields(verification),
    ...acceptedFields(verification.rateLimit),
    "Cache-Control": "no-store",
  },
  body: "",
});

/** A denial in the words of every middleware of `@itsy/verify`; the code in a header too, for proxies that drop bodies. */
export const toldOfDenial = (denial: Denial): Told => {
  const { status, headers, problem } = httpAnswerOf(denial);
  return {
    status,
    headers: { ...headers, "X-Itsy-Code": problem.code, "Content-Type": PROBLEM_TYPE },
    body: JSON.stringify(problem),
  };
};

export const told = (verification: Verification): Told => {
  if (verification.valid) return toldOfValid(verification);
  const { code, retryAfterMs, rateLimit } = verification;
  return toldOfDenial({
    outcome: "refused",
    code,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(rateLimit !== undefined && { rateLimit }),
  });
};

export interface Sending {
  readonly requestId: string;
  /** Ends the connection after the answer. */
  readonly close: boolean;
}

export const send = (res: ServerResponse, { status, headers, body }: Told, { requestId, close }: Sending): void => {
  res
    .writeHead(status, {
      ...headers,
      "Content-Length": Buffer.byteLength(body),
      "X-Content-Type-Options": "nosniff",
      "X-Request-Id": requestId,
      ...(close && { Connection: "close" }),
    })
    .end(body);
};
