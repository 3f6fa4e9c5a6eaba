import type { AddressInfo } from "node:net";

import { createVerifier } from "@itsy/verify";
import { apiKeyOf, requireApiKey } from "@itsy/verify/express";
import express from "express";

const { ITSY_KEYS_URL = "", ITSY_KEYS_TOKEN = "", PORT = "3000" } = process.env;
const verifier = createVerifier({ url: ITSY_KEYS_URL, token: ITSY_KEYS_TOKEN, timeoutMs: 1000 });

const app = express();
app.use("/v1", requireApiKey({ verifier, required: { environment: "production" } }));
app.get("/v1/hello", (request, response) => {
  response.json({ hello: apiKeyOf(request).name });
});

const server = app.listen(Number(PORT), () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
