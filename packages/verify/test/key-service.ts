import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { type ErrorCode, errorCodes, type Verification, VerifyInput } from "@itsy/contract";
import { generateToken } from "@itsy/key-format";

/** What a service says, or how it fails to say anything. */
export type Reply =
  | { readonly say: Verification | Readonly<Record<string, unknown>> }
  | { readonly error: ErrorCode; readonly headers?: Record<string, string> }
  | { readonly raw: string; readonly status?: number; readonly headers?: Record<string, string> }
  /** Announces more than it sends, and closes. */
  | { readonly cutOff: string }
  | "reset"
  | "hang";

export interface Asked {
  readonly input: VerifyInput;
  readonly reply: Reply;
}

export interface KeyService extends AsyncDisposable {
  readonly url: string;
  /** A token that this service takes. */
  readonly token: string;
  /** Every question with its answer, in the order of arrival. */
  readonly asked: readonly Asked[];
  /** How many requests came, whatever they asked. */
  readonly arrivals: () => number;
  /** What is answered from now on. */
  readonly answer: (reply: Reply | ((input: VerifyInput) => Reply)) => void;
}

export const valid = (overrides: Partial<Extract<Verification, { valid: true }>> = {}): Verification => ({
  valid: true,
  owner: null,
  metadata: {},
  permissions: [],
  keyId: "key_01jd0000000000000000000000",
  workspace: "acme",
  project: "default",
  environment: "production",
  name: "Website Integration",
  rateLimit: { limit: 60, remaining: 59, resetMs: 1000 },
  ...overrides,
});

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
};

const send = (response: ServerResponse, reply: Reply) => {
  if (reply === "hang") return;
  if (reply === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  if ("cutOff" in reply) {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": reply.cutOff.length + 10 });
    response.write(reply.cutOff, () => response.destroy());
    return;
  }
  if ("raw" in reply) {
    response.writeHead(reply.status ?? 200, { "Content-Type": "text/html", ...reply.headers }).end(reply.raw);
    return;
  }
  const [status, body] =
    "error" in reply
      ? [errorCodes[reply.error].http, { error: { code: reply.error, message: "said so", requestId: "req-1" } }]
      : [200, reply.say];
  const headers = { "Content-Type": "application/json", ...("headers" in reply ? reply.headers : {}) };
  response.writeHead(status, headers).end(JSON.stringify(body));
};

/** A server on a free loopback port that speaks the protocol of `POST /v1/verify`, as strictly as the service does. */
export const startKeyService = async (first: Reply = { say: valid() }): Promise<KeyService> => {
  const token = generateToken();
  const asked: Asked[] = [];
  let arrivals = 0;
  let replyTo = (_input: VerifyInput): Reply => first;

  const judge = async (request: IncomingMessage): Promise<Reply> => {
    const body = await bodyOf(request);
    if (request.url !== "/v1/verify") return { error: "NOT_FOUND" };
    if (request.method !== "POST") return { error: "METHOD_NOT_ALLOWED" };
    if (request.headers["content-type"] !== "application/json") return { error: "UNSUPPORTED_MEDIA_TYPE" };
    if (request.headers.authorization !== `Bearer ${token}`) return { error: "UNAUTHENTICATED" };
    const input = VerifyInput.safeParse(body);
    if (!input.success) return { error: "INVALID_INPUT" };
    const reply = replyTo(input.data);
    asked.push({ input: input.data, reply });
    return reply;
  };

  const server = createServer((request, response) => {
    arrivals++;
    void judge(request).then((reply) => send(response, reply));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    asked,
    arrivals: () => arrivals,
    answer: (reply) => {
      replyTo = typeof reply === "function" ? reply : () => reply;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
