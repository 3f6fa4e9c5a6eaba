// A program of somebody else, compiled against the packed tarballs alone. It exercises the whole public surface.
import {
  createVerifier,
  hasPermissions,
  httpAnswerOf,
  isOutage,
  readCredential,
  type Verifier,
  VerifierError,
} from "@itsy/verify";
import { apiKeyOf, findApiKey, requireApiKey } from "@itsy/verify/express";
import { checkApiKey, withApiKey } from "@itsy/verify/fetch";
import { ApiKeyDenied, requireApiKey as trpcRequireApiKey } from "@itsy/verify/trpc";
import { initTRPC } from "@trpc/server";
import express from "express";

const verifier: Verifier = createVerifier({
  url: "https://keys.example.com",
  token: async () => "itsy_mt_…",
  timeoutMs: 1000,
  retry: { attemptsMax: 3, share: 0.2 },
  breaker: { halfOpenAfterMs: 500 },
  onAnswer: ({ outcome }, { tookMs }) => console.log(outcome, tookMs),
});

export const byHand = async (headers: Headers): Promise<string> => {
  const credential = readCredential(headers);
  if (!credential.found) return httpAnswerOf({ outcome: "unidentified", code: credential.code }).problem.detail;
  try {
    const asked = { secret: credential.secret, permissions: ["files:read"], ip: "2001:db8::1", cost: 2 };
    const answer = await verifier.verify(asked, { signal: AbortSignal.timeout(500) });
    if (answer.outcome === "accepted" && !hasPermissions(answer.key, "files:write")) return "read only";
    if (answer.outcome === "accepted") return `${answer.key.keyId} ${answer.rateLimit.remaining}`;
    if (answer.outcome === "refused") return answer.code;
    return isOutage(answer) ? `down for ${answer.retryAfterMs} ms` : answer.reason;
  } catch (error) {
    if (error instanceof VerifierError && error.code === "INPUT_INVALID") return "never asked";
    throw error;
  }
};

express()
  .use("/strict", requireApiKey({ verifier, required: { environment: "production" } }))
  .get("/strict", (request, response) => void response.json(apiKeyOf(request).workspace))
  .use("/lenient", requireApiKey({ verifier, onUnavailable: "accept" }))
  .get("/lenient", (request, response) => void response.json(findApiKey(request)?.workspace ?? null));

export const GET = withApiKey(
  (_request: Request, apiKey, context: { params: { id: string } }) => {
    const environment: "production" | "preview" | "local" = apiKey.environment;
    return Response.json([environment, context.params.id]);
  },
  { verifier },
);

export const lenient = withApiKey((_request: Request, apiKey) => Response.json(apiKey?.name ?? null), {
  verifier,
  onUnavailable: "accept",
});
// @ts-expect-error -- with "accept" there may be no key
export const wrong = withApiKey((_: Request, apiKey) => new Response(apiKey.name), {
  verifier,
  onUnavailable: "accept",
});

export const check = async (request: Request): Promise<string> => {
  const result = await checkApiKey(request, { verifier });
  return result.passed ? result.apiKey.name : String(result.response.status);
};

interface Context {
  readonly req: Request;
}
const t = initTRPC.context<Context>().create({
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: { ...shape.data, problem: error.cause instanceof ApiKeyDenied ? error.cause.answer.problem : null },
  }),
});
const withKey = t.procedure.use(trpcRequireApiKey({ verifier, headers: ({ req }: Context) => req.headers }));
export const router = t.router({ name: withKey.query(({ ctx }): string => ctx.apiKey.name + ctx.req.url) });

// @ts-expect-error -- the environment is one of three
export const missing = () => verifier.verify({ secret: "x", environment: "staging" });
