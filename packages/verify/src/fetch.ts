import { httpAnswerOf, PROBLEM_TYPE } from "./denial.ts";
import { type GateOptions, type KeyOf, type OnUnavailable, passGate } from "./gate.ts";

export type { KeyOf, OnUnavailable, Requirements } from "./gate.ts";

export type ApiKeyCheck<Mode extends OnUnavailable> =
  | {
      readonly passed: true;
      readonly apiKey: KeyOf<Mode>;
      /** `RateLimit` and `RateLimit-Policy`, to be appended to the response. */
      readonly headers: Headers;
    }
  | { readonly passed: false; readonly response: Response };

/** Checks the key of a request; for frameworks with middleware of their own, such as Hono. */
export const checkApiKey = async <Incoming extends Request, Mode extends OnUnavailable = "refuse">(
  request: Incoming,
  options: GateOptions<Incoming, Mode>,
): Promise<ApiKeyCheck<Mode>> => {
  const passage = await passGate(request, request.headers, options);
  if (passage.passed) return { passed: true, apiKey: passage.key, headers: new Headers(passage.headers) };
  const { status, headers, problem } = httpAnswerOf(passage.denial);
  const response = new Response(JSON.stringify(problem), {
    status,
    headers: { ...headers, "Content-Type": PROBLEM_TYPE },
  });
  return { passed: false, response };
};

const withFields = (response: Response, fields: Headers): Response => {
  // The switch to a WebSocket: no header of it can be changed, nor is there a body to count.
  if (response.status < 200) return response;
  // Always a copy: what came from `fetch` or `Response.redirect` cannot be changed.
  const copy = new Response(response.body, response);
  for (const [name, value] of fields) copy.headers.append(name, value);
  return copy;
};

/**
 * Wraps a handler, which gets the verified key as its second argument and whatever else the platform passes after it:
 * a Next.js route's `{ params }`, a worker's `env` and `ctx`. A request whose key is not good never reaches it.
 */
export const withApiKey =
  <Incoming extends Request, Rest extends readonly unknown[], Mode extends OnUnavailable = "refuse">(
    handler: (request: Incoming, apiKey: KeyOf<Mode>, ...rest: Rest) => Response | Promise<Response>,
    options: GateOptions<Incoming, Mode>,
  ): ((request: Incoming, ...rest: Rest) => Promise<Response>) =>
  async (request, ...rest) => {
    const check = await checkApiKey(request, options);
    if (!check.passed) return check.response;
    return withFields(await handler(request, check.apiKey, ...rest), check.headers);
  };
