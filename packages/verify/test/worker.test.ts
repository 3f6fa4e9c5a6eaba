import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { startKeyService, valid } from "./key-service.ts";
import { bundleWorker, type RunningWorker, startWorker } from "./start-worker.ts";
import { secret } from "./verified.ts";

const ask = async ({ url }: RunningWorker) => {
  const response = await fetch(url, { headers: { authorization: `Bearer ${secret}` } });
  const text = await response.text();
  return [response.status, response.ok ? JSON.parse(text).hello : JSON.parse(text).code];
};
const bindingsOf = (service: { readonly url: string; readonly token: string }) => ({
  ITSY_KEYS_URL: service.url,
  ITSY_KEYS_TOKEN: service.token,
});

const good = [200, "Website Integration"];
const unavailable = [503, "VERIFICATION_UNAVAILABLE"];

test("examples/worker.ts in workerd: one request after another shares the circuit, which opens and recovers", {
  timeout: 120_000,
}, async () => {
  await using service = await startKeyService();
  const files = await bundleWorker(readFileSync(new URL("../examples/worker.ts", import.meta.url), "utf8"));
  await using worker = await startWorker(files, bindingsOf(service));
  for (let request = 0; request < 3; request++) expect(await ask(worker)).toEqual(good);
  expect((await fetch(worker.url)).status).toBe(401);

  service.answer({ say: { valid: false, code: "REVOKED" } });
  expect(await ask(worker)).toEqual([401, "API_KEY_REVOKED"]);

  service.answer({ error: "INTERNAL" });
  const opened = async () => {
    const asked = service.asked.length;
    expect(await ask(worker)).toEqual(unavailable);
    return service.asked.length === asked;
  };
  await expect.poll(opened, { interval: 1, timeout: 10_000 }).toBe(true);
  const atOnce = await Promise.all(Array.from({ length: 5 }, () => ask(worker)));
  expect(new Set(atOnce.map(String))).toEqual(new Set([String(unavailable)]));

  // The probe belongs to one request; what it decides holds for all.
  service.answer({ say: valid() });
  await expect.poll(() => ask(worker), { interval: 100, timeout: 10_000 }).toEqual(good);
  for (let request = 0; request < 3; request++) expect(await ask(worker)).toEqual(good);
});

test("a verifier may be made at the top of a worker's module", { timeout: 120_000 }, async () => {
  await using service = await startKeyService();
  const files = await bundleWorker(`
    import { env } from "cloudflare:workers";
    import { createVerifier } from "@itsy/verify";
    import { withApiKey } from "@itsy/verify/fetch";

    const verifier = createVerifier({ url: env.ITSY_KEYS_URL, token: env.ITSY_KEYS_TOKEN });
    export default { fetch: withApiKey((_request, apiKey) => Response.json({ hello: apiKey.name }), { verifier }) };
  `);
  await using worker = await startWorker(files, bindingsOf(service));
  for (let request = 0; request < 2; request++) expect(await ask(worker)).toEqual(good);
});
