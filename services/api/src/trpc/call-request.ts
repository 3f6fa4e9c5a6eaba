import type { IncomingHttpHeaders } from "node:http";

import type { Request, Response } from "express";

/** What tRPC asks of a Fetch request's headers. */
class CallHeaders {
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(", ") : (value ?? null);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }
}

/**
 * A request whose body is here, with as much of a Fetch request as `resolveResponse` of `@trpc/server/http` looks at.
 * What tRPC's own adapter makes of each request (a `Request`, its `Headers`, and a stream for its body) takes longer than
 * the call.
 */
export class CallRequest {
  readonly method: string;
  /** With the query of the request. Its path and its host are not looked at. */
  readonly url: string;
  readonly headers: CallHeaders;
  readonly #body: string;
  readonly #gone = new AbortController();

  /** @param body JSON, or nothing */
  constructor(req: Request, res: Response, body: string) {
    this.method = req.method;
    const query = req.url.indexOf("?");
    this.url = `http://localhost/${query === -1 ? "" : req.url.slice(query)}`;
    this.headers = new CallHeaders(req.headers);
    this.#body = body;
    res.once("close", () => {
      if (!res.writableEnded) this.#gone.abort();
    });
  }

  /** Aborted when the caller goes away before the answer. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** @throws SyntaxError */
  async json(): Promise<unknown> {
    return JSON.parse(this.#body);
  }
}
