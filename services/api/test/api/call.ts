import { ErrorBody, type ErrorCode, type ProcedurePath } from "@itsy/contract";

export interface Answer {
  readonly status: number;
  /** `null` for an answer that is data. */
  readonly code: ErrorCode | null;
  /** As it came, without the request id. */
  readonly text: string;
  readonly data: unknown;
  readonly error: ErrorBody | null;
}

interface Envelope {
  readonly result?: { readonly data: unknown };
  readonly error?: { readonly data: { readonly error: unknown } };
}

/** Calls a procedure as any program could: with any token, any input, and no client in between. */
export const callProcedure = async (
  url: string,
  path: ProcedurePath,
  { token, input }: { readonly token?: string; readonly input: unknown },
): Promise<Answer> => {
  const response = await fetch(`${url}/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(input) ?? "",
  });
  const text = await response.text();
  const envelope = JSON.parse(text) as Envelope;
  const error = envelope.error === undefined ? null : ErrorBody.parse(envelope.error.data.error);
  return {
    status: response.status,
    code: error?.code ?? null,
    text: error?.requestId === undefined ? text : text.replaceAll(error.requestId, ""),
    data: envelope.result?.data,
    error,
  };
};
