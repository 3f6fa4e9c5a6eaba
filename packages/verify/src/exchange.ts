import { ErrorBody } from "@itsy/contract";
import type { SecretParser } from "@itsy/key-format/parser";

import type { Unavailable, VerifierAnswer } from "./answer.ts";
import { type Deadline, TimedOut, withDeadline } from "./deadline.ts";
import { type Expected, readAnswer } from "./read-answer.ts";
import { readText } from "./read-text.ts";
import type { VerifierOptions } from "./settings.ts";

export interface ExchangeDeps extends Pick<VerifierOptions, "token"> {
  readonly endpoint: string;
  readonly parser: Pick<SecretParser, "parseToken">;
  readonly fetch: typeof globalThis.fetch;
}

export interface Question {
  /** `VerifyInput` as JSON. */
  readonly body: string;
  readonly expected: Expected;
}

/** One attempt. Rejects only when the caller's signal fired. */
export type Exchange = (question: Question, deadline: Deadline) => Promise<VerifierAnswer>;

const RETRY_AFTER_MS_DEFAULT = 1000;

export const unavailable = (details: Omit<Unavailable, "outcome" | "retryAfterMs"> & { retryAfterMs?: number }) =>
  ({ outcome: "unavailable", retryAfterMs: RETRY_AFTER_MS_DEFAULT, ...details }) satisfies Unavailable;

const parseJson = (text: string | null): unknown => {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    // Not the parser's error: it quotes the text.
    return null;
  }
};

const readError = (body: unknown): Partial<ErrorBody> => {
  const parsed = ErrorBody.safeParse((body as { error?: unknown } | null)?.error);
  return parsed.success ? parsed.data : {};
};

/** `Retry-After` in its form of seconds (RFC 9110, section 10.2.3), up to a day. */
const retryAfterMsOf = (headers: Headers) => {
  const seconds = headers.get("retry-after") ?? "";
  return /^\d{1,5}$/.test(seconds) ? { retryAfterMs: Number(seconds) * 1000 } : {};
};

const judge = (response: Response, text: string | null, expected: Expected): VerifierAnswer => {
  const body = parseJson(text);
  if (response.status === 200) return readAnswer(body, expected) ?? unavailable({ reason: "UNEXPECTED_ANSWER" });
  const { code, requestId } = readError(body);
  const details = { ...(requestId !== undefined && { requestId }), ...retryAfterMsOf(response.headers) };
  if (response.status >= 500) return unavailable({ reason: "SERVER_ERROR", ...details });
  const isToken = code === "UNAUTHENTICATED" || code === "FORBIDDEN";
  return unavailable({ reason: isToken ? "TOKEN_REFUSED" : "UNEXPECTED_ANSWER", ...details });
};

export const createExchange = ({ endpoint, token, parser, fetch }: ExchangeDeps): Exchange => {
  const readToken = async (): Promise<string | Unavailable> => {
    try {
      const bearer = typeof token === "string" ? token : await token();
      // Checked, because platforms quote a header that they do not like in what they throw.
      return parser.parseToken(bearer).ok ? bearer : unavailable({ reason: "TOKEN_REFUSED" });
    } catch (cause) {
      return unavailable({ reason: "TOKEN_REFUSED", cause });
    }
  };

  const ask = async ({ body, expected }: Question, signal: AbortSignal): Promise<VerifierAnswer> => {
    const bearer = await readToken();
    if (typeof bearer !== "string") return bearer;
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json", accept: "application/json" },
      body,
      signal,
      // A redirect would carry the caller's secret to whoever it names.
      redirect: "manual",
      // Some frameworks cache what `fetch` brings, POST included, unless told not to.
      cache: "no-store",
    });
    return judge(response, await readText(response), expected);
  };

  return async (question, deadline) => {
    try {
      return await withDeadline((signal) => ask(question, signal), deadline);
    } catch (cause) {
      if (deadline.signal?.aborted) throw deadline.signal.reason;
      return unavailable({ reason: cause instanceof TimedOut ? "TIMEOUT" : "TRANSPORT", cause });
    }
  };
};
