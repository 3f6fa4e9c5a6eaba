// The service in a process of its own, which tells its heap after a garbage collection when it is asked.
import { randomBytes } from "node:crypto";

import { createClient } from "@itsy/client";

import { startApi } from "../../src/api.ts";
import { parseSettings } from "../../src/env.ts";
import { SCANNER_KEY } from "./scanner.ts";

/** What the process tells its parent at first. */
export interface FuzzTarget {
  readonly url: string;
  readonly verifierToken: string;
  readonly secret: string;
}

/** What it answers to every message. */
export interface HeapReport {
  readonly heapBytes: number;
  readonly arrayBufferBytes: number;
  readonly rssBytes: number;
  readonly connections: number;
}

// Settings in place of those below.
const [, , env = "{}"] = process.argv;

const start = async (): Promise<FuzzTarget> => {
  const settings = parseSettings({
    PORT: "0",
    DATABASE_URL: "sqlite::memory:",
    LOG_LEVEL: "silent",
    LEAK_SCANNERS: `hub:${SCANNER_KEY}`,
    HEADERS_TIMEOUT_MS: "400",
    REQUEST_TIMEOUT_MS: "500",
    KEEP_ALIVE_MS: "200",
    ...(JSON.parse(env) as Record<string, string>),
  });
  const printed: string[] = [];
  const api = await startApi(settings, {
    clock: { now: () => new Date() },
    monotonicMs: () => performance.now(),
    random: randomBytes,
    print: (line) => printed.push(line),
  });
  const operator = createClient({ url: api.url, token: /itsy_mt_\w+/.exec(printed.join("\n"))?.[0] ?? "" });
  await operator.workspaces.create({ slug: "acme", name: "Acme" });
  const token = async (role: "admin" | "verifier") =>
    (await operator.tokens.create({ role, workspace: "acme", name: role })).secret;
  const admin = createClient({ url: api.url, token: await token("admin") });
  const { secret } = await admin.keys.create({
    name: "fuzz",
    environment: "production",
    requestsPerMinute: 1_000_000,
  });
  return { url: api.url, verifierToken: await token("verifier"), secret };
};

process.on("message", () => {
  globalThis.gc?.();
  const { heapUsed: heapBytes, arrayBuffers: arrayBufferBytes, rss: rssBytes } = process.memoryUsage();
  const connections = process.getActiveResourcesInfo().filter((what) => what === "TCPSocketWrap").length;
  process.send?.({ heapBytes, arrayBufferBytes, rssBytes, connections } satisfies HeapReport);
});
process.on("disconnect", () => process.exit());
process.send?.(await start());
