// better-auth with its API-key plugin as a service of its own: its defaults, behind the barest of doors and without asking
// who calls. POST /create {name}, POST /verify {key}.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
// oxlint-disable-next-line no-restricted-imports -- better-auth is given its pool
import { createPool } from "mysql2/promise";

const options = {
  baseURL: "http://127.0.0.1",
  secret: "a-secret-of-a-benchmark-0123456789",
  database: createPool({ uri: process.env["DATABASE_URL"] ?? "", timezone: "Z", connectionLimit: 10 }),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  // The default is 10 requests a day: of no use to a benchmark. It is counted all the same.
  plugins: [apiKey({ rateLimit: { enabled: true, timeWindow: 60_000, maxRequests: 1_000_000_000 } })],
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
const auth = betterAuth(options);
const { user } = await auth.api.signUpEmail({
  body: { name: "Bench", email: "bench@example.com", password: "a password of a benchmark" },
});

const routes: Readonly<Record<string, (body: { name: string; key: string }) => Promise<unknown>>> = {
  "/create": ({ name }) => auth.api.createApiKey({ body: { name, userId: user.id } }),
  "/verify": ({ key }) => auth.api.verifyApiKey({ body: { key } }),
};

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  try {
    const body = JSON.stringify(await routes[request.url ?? ""]?.(JSON.parse(await text(request))));
    response
      .writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) })
      .end(body);
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    response.writeHead(500, { "Content-Length": 0 }).end();
  }
};
const server = createServer((request, response) => void answer(request, response));
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.once("SIGTERM", () => process.exit(0));
