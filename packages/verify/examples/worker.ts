import { createVerifier } from "@itsy/verify";
import { withApiKey } from "@itsy/verify/fetch";

interface Env {
  readonly ITSY_KEYS_URL: string;
  readonly ITSY_KEYS_TOKEN: string;
}

const createHandler = ({ ITSY_KEYS_URL, ITSY_KEYS_TOKEN }: Env) =>
  withApiKey((_request: Request, apiKey) => Response.json({ hello: apiKey.name }), {
    verifier: createVerifier({ url: ITSY_KEYS_URL, token: ITSY_KEYS_TOKEN, timeoutMs: 1000 }),
    required: { environment: "production" },
  });

// One for all requests of an isolate: the retry budget and the circuit breaker are in the verifier.
let handler: ReturnType<typeof createHandler> | undefined;

export default {
  fetch: (request: Request, env: Env): Promise<Response> => {
    handler ??= createHandler(env);
    return handler(request);
  },
};
