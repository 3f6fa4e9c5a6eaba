import type { ServerResponse } from "node:http";

import type { Verification } from "@itsy/contract";
import { acceptedFields, type Denial, type HeaderFields, httpAnswerOf, PROBLEM_TYPE } from "@itsy/verify/http";
import type { Detail } from "./forward-auth-request.ts";

type Valid = Extract<Verification, { readonly valid: true }>;

/** Nobody can say; asking again soon may help. */
const RETRY_UNAVAILABLE_MS = 1000;
export const unavailable: Denial = Object.freeze({
  outcome: "unavailable",
  reason: "SERVER_ERROR",
  retryAfterMs: RETRY_UNAVAILABLE_MS,
});

/** Text may hold any character, which a header may not: percent-encoded UTF-8. Half a surrogate pair has no UTF-8. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

/** Whose key it is, for the server behind the proxy. */
const identityFields = ({ keyId, workspace, project, environment, name }: Valid): HeaderFields => ({
  "X-Itsy-Key-Id": keyId,
  "X-Itsy-Workspace": workspace,
  "X-Itsy-Project": project,
  "X-Itsy-Environment": environment,
  "X-Itsy-Key-Name": encoded(name),
});

/** What the proxy asked for besides. */
const detailFields = ({ owner, metadata, permissions }: Valid, tell: readonly Detail[]): HeaderFields => ({
  ...(tell.includes("owner") && owner !== null && { "X-Itsy-Owner": encoded(owner) }),
  ...(tell.includes("metadata") && { "X-Itsy-Metadata": encoded(JSON.stringify(metadata)) }),
  ...(tell.includes("permissions") && { "X-Itsy-Permissions": permissions.join(",") }),
});

interface Told {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: string;
}

/** A good key: its identity, no body. */
export const toldOfValid = (verification: Valid, tell: readonly Detail[]): Told => ({
  status: 200,
  headers: {
    ...identityFields(verification),
    ...detailFields(verification, tell),
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

export const told = (verification: Verification, tell: readonly Detail[]): Told => {
  if (verification.valid) return toldOfValid(verification, tell);
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
