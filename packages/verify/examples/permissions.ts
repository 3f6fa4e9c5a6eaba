import type { AddressInfo } from "node:net";

import { createVerifier, hasPermissions } from "@itsy/verify";
import { apiKeyOf, requireApiKey } from "@itsy/verify/express";
import express, { type Request } from "express";

const { ITSY_KEYS_URL = "", ITSY_KEYS_TOKEN = "", PORT = "3000" } = process.env;
const verifier = createVerifier({ url: ITSY_KEYS_URL, token: ITSY_KEYS_TOKEN, timeoutMs: 1000 });

/** A request that needs these permissions, from where it comes, and counts as so many. */
const may = (permissions: string[], cost = 1) =>
  requireApiKey({ verifier, required: ({ ip }: Request) => ({ permissions, ip, cost }) });

const app = express();
app.get("/v1/files", may(["files:read"]), (request, response) => {
  // What turns out to be needed later: no second question, which would count again.
  response.json({ trash: hasPermissions(apiKeyOf(request), "files:delete") ? ["old.txt"] : "hidden" });
});
app.post("/v1/exports", may(["files:read", "exports:create"], 10), (_request, response) => {
  response.status(202).json({ started: true });
});

const server = app.listen(Number(PORT), () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
