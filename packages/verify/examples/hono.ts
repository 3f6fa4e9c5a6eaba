import { serve } from "@hono/node-server";
import { createVerifier, type VerifiedKey } from "@itsy/verify";
import { checkApiKey } from "@itsy/verify/fetch";
import { Hono } from "hono";

const { ITSY_KEYS_URL = "", ITSY_KEYS_TOKEN = "", PORT = "3000" } = process.env;
const verifier = createVerifier({ url: ITSY_KEYS_URL, token: ITSY_KEYS_TOKEN, timeoutMs: 1000 });

const app = new Hono<{ Variables: { apiKey: VerifiedKey } }>();
app.use("/v1/*", async (c, next) => {
  const check = await checkApiKey(c.req.raw, { verifier, required: { environment: "production" } });
  if (!check.passed) return check.response;
  c.set("apiKey", check.apiKey);
  await next();
  for (const [name, value] of check.headers) c.header(name, value, { append: true });
  return undefined;
});
app.get("/v1/hello", (c) => c.json({ hello: c.get("apiKey").name }));

serve({ fetch: app.fetch, port: Number(PORT) }, ({ port }) => {
  console.log(`listening on http://localhost:${port}`);
});
