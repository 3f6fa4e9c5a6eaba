import type { AddressInfo } from "node:net";

import { createVerifier } from "@itsy/verify";
import { requireApiKey } from "@itsy/verify/trpc";
import { initTRPC } from "@trpc/server";
import { type CreateHTTPContextOptions, createHTTPServer } from "@trpc/server/adapters/standalone";

const { ITSY_KEYS_URL = "", ITSY_KEYS_TOKEN = "", PORT = "3000" } = process.env;
const verifier = createVerifier({ url: ITSY_KEYS_URL, token: ITSY_KEYS_TOKEN, timeoutMs: 1000 });

const t = initTRPC.context<CreateHTTPContextOptions>().create();
const withKey = t.procedure.use(
  requireApiKey({
    verifier,
    required: { environment: "production" },
    headers: ({ req }: CreateHTTPContextOptions) => req.headersDistinct,
    setHeader: ({ res }, name, value) => {
      if (!res.headersSent) res.setHeader(name, value);
    },
  }),
);
const router = t.router({ hello: withKey.query(({ ctx }) => ({ hello: ctx.apiKey.name })) });

const server = createHTTPServer({ router, createContext: (options) => options });
server.listen(Number(PORT), () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
