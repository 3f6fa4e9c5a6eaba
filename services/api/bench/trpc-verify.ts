// keys.verify through tRPC against a procedure that does nothing, on the same HTTP stack.
import { createClient } from "@itsy/client";

import { serveInChild } from "./child.ts";
import { compare, isShort } from "./compare.ts";
import { issueKeys, serveInstallation } from "./installation.ts";
import { putLoad, wireRequest } from "./load.ts";

const KEYS = 64;
const CONNECTIONS = 32;

await using service = await serveInstallation();
const secrets = await issueKeys(service, KEYS);
const { keys } = createClient({ url: service.url, token: service.verifierToken });
const answer = JSON.stringify(await keys.verify({ secret: secrets[0] ?? "" }));
await using noop = await serveInChild("./noop-server.ts", { ANSWER: answer });

const contender = (name: string, url: string, path: string) => {
  const requests = secrets.map((secret) =>
    wireRequest(url, path, { token: service.verifierToken, body: JSON.stringify({ secret }) }),
  );
  const load = { url, requests, expected: '"valid":true', connections: CONNECTIONS, durationMs: isShort ? 200 : 3000 };
  return { name, round: () => putLoad({ ...load, awake: true }) };
};

await compare({
  baseline: contender("tRPC on Express, no-op procedure", noop.url, "/trpc/noop"),
  subject: contender("tRPC keys.verify", service.url, "/trpc/keys.verify"),
  rounds: isShort ? 1 : 7,
  aim: 0.9,
});
