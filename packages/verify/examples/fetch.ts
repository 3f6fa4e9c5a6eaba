import { createVerifier } from "@itsy/verify";
import { withApiKey } from "@itsy/verify/fetch";

const { ITSY_KEYS_URL = "", ITSY_KEYS_TOKEN = "" } = process.env;
const verifier = createVerifier({ url: ITSY_KEYS_URL, token: ITSY_KEYS_TOKEN, timeoutMs: 1000 });

// A route of Next.js …
export const GET = withApiKey((_request: Request, apiKey) => Response.json({ hello: apiKey.name }), {
  verifier,
  required: { environment: "production" },
});

// … and Bun or Deno.
export default { fetch: GET };
