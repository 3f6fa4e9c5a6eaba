import { type Deadline, orAborted, startDeadline } from "./deadline.ts";
import type { OnRequest, RequestOptions } from "./kube-client.ts";
import { KubeError } from "./kube-error.ts";
import { refusalOf } from "./refusal.ts";
import { systemTimers } from "./timers.ts";
import type { HttpMethod, Transport, TransportResponse } from "./transport.ts";

interface Exchange {
  readonly method: HttpMethod;
  readonly path: string;
  readonly body?: { readonly contentType: string; readonly value: unknown };
  readonly options?: RequestOptions | undefined;
}

export interface Exchanger {
  /** The parsed answer; a `KubeError` unless the status is 2xx. */
  json(exchange: Exchange): Promise<unknown>;
  /** An answer whose body is still to come; without a limit in time once it has begun. */
  stream(exchange: Exchange): AsyncGenerator<Uint8Array>;
}

const unreadable = Symbol("unreadable");

/** The parser's own error quotes the text, which may be a Secret. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return unreadable;
  }
};

const whatOf = ({ method, path }: Exchange): string => `${method} ${path.split("?", 1)[0] ?? path}`;

/** One request and its answer: headers, deadline, observation, and every failure as a `KubeError`. */
export const createExchanger = (options: {
  readonly transport: Transport;
  readonly host: string;
  readonly userAgent: string;
  readonly requestTimeoutMs: number;
  readonly onRequest: OnRequest;
}): Exchanger => {
  const { transport, host, userAgent, requestTimeoutMs, onRequest } = options;
  const headers = { accept: "application/json", "user-agent": userAgent };

  const failureOf = (exchange: Exchange, deadline: Deadline, cause: unknown): KubeError => {
    if (cause instanceof KubeError) return cause;
    const what = whatOf(exchange);
    if (exchange.options?.signal?.aborted)
      return new KubeError({ status: 0, reason: "Aborted", message: `${what}: aborted by the caller`, cause });
    const told: unknown = deadline.signal.aborted ? deadline.signal.reason : cause;
    const why =
      told instanceof Error && told.message !== "" ? told.message : String((told as { code?: string }).code ?? told);
    return new KubeError({ status: 0, reason: "Unreachable", message: `${what}: ${why}`, cause: told });
  };

  const send = async (exchange: Exchange, signal: AbortSignal): Promise<TransportResponse> => {
    const { method, path, body } = exchange;
    const startedMs = systemTimers.monotonicMs();
    const observe = (status: number): void =>
      onRequest({ method, host, status, durationMs: systemTimers.monotonicMs() - startedMs });
    const request = {
      method,
      path,
      headers: body === undefined ? headers : { ...headers, "content-type": body.contentType },
      body: body === undefined ? null : JSON.stringify(body.value),
      signal,
    };
    let response: TransportResponse;
    try {
      signal.throwIfAborted();
      response = await transport.send(request);
    } catch (error) {
      observe(0);
      throw error;
    }
    observe(response.status);
    if (response.status >= 200 && response.status < 300) return response;
    const refusal = parseJson(await response.text());
    const { status } = response;
    throw refusalOf(refusal, { status, what: whatOf(exchange), retryAfter: response.header("retry-after") });
  };

  const read = async (exchange: Exchange, signal: AbortSignal): Promise<unknown> => {
    const response = await send(exchange, signal);
    return parseJson(await response.text());
  };

  const begin = (exchange: Exchange): Deadline =>
    startDeadline(exchange.options?.timeoutMs ?? requestTimeoutMs, exchange.options?.signal);

  const json = async (exchange: Exchange): Promise<unknown> => {
    const deadline = begin(exchange);
    try {
      // undici notices an abort only once the connection is made or its timeout has passed.
      const answer = await orAborted(read(exchange, deadline.signal), deadline.signal);
      if (answer !== unreadable) return answer;
      throw new KubeError({ status: 0, reason: "Unreachable", message: `${whatOf(exchange)}: the answer is no JSON` });
    } catch (error) {
      throw failureOf(exchange, deadline, error);
    } finally {
      deadline.end();
    }
  };

  async function* stream(exchange: Exchange): AsyncGenerator<Uint8Array> {
    const deadline = begin(exchange);
    try {
      const response = await orAborted(send(exchange, deadline.signal), deadline.signal);
      deadline.lift();
      yield* response.chunks();
    } catch (error) {
      throw failureOf(exchange, deadline, error);
    } finally {
      deadline.end();
    }
  }

  return Object.freeze({ json, stream });
};
