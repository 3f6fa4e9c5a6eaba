// POST /v1/verify, warm, against a bare node:http server. DATABASE=mysql: on a server, from memory under a lease.
// BENCH_SHORT=1 only checks that it works.
import { serveInChild } from "./child.ts";
import { compare, isShort } from "./compare.ts";
import { databaseName, issueKeys, serveInstallation } from "./installation.ts";
import { putLoad, wireRequest } from "./load.ts";

const KEYS = 64;
const CONNECTIONS = 32;
const path = "/v1/verify";

await using service = await serveInstallation();
const bodies = (await issueKeys(service, KEYS)).map((secret) => JSON.stringify({ secret }));
const first = await fetch(`${service.url}${path}`, {
  method: "POST",
  headers: { authorization: `Bearer ${service.verifierToken}`, "content-type": "application/json" },
  body: bodies[0] ?? "",
});
await using bare = await serveInChild("./bare-server.ts", { ANSWER: await first.text() });

const contender = (name: string, url: string) => {
  const requests = bodies.map((body) => wireRequest(url, path, { token: service.verifierToken, body }));
  const durations = isShort ? { durationMs: 200 } : { warmUpMs: 300, durationMs: 500 };
  const load = { url, requests, expected: '"valid":true', connections: CONNECTIONS, ...durations };
  return { name, round: () => putLoad({ ...load, awake: true }) };
};

await compare({
  baseline: contender("node:http, reads the body, fixed answer", bare.url),
  subject: contender(`POST /v1/verify (${databaseName})`, service.url),
  rounds: isShort ? 1 : 41,
  aim: 0.7,
});
