// The same HTTP stack with one procedure that does nothing: what tRPC on Express costs by itself.

import { defaultSecretFormat } from "@itsy/key-format";
import { initTRPC } from "@trpc/server";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { z } from "zod";
import { createApp } from "../src/http/app.ts";
import { createLifecycle } from "../src/http/lifecycle.ts";
import { createMetrics } from "../src/http/metrics.ts";
import { createReadiness } from "../src/http/readiness.ts";
import { startServer } from "../src/http/server.ts";
import { createLogger } from "../src/logger.ts";

const { procedure, router } = initTRPC.create();
const answer: unknown = JSON.parse(process.env["ANSWER"] ?? "null");

const lifecycle = createLifecycle();
const logger = createLogger({ level: "warn", format: defaultSecretFormat });
const memory = {
  size: () => 0,
  lookups: { hits: 0, misses: 0 },
  rates: { calls: { reads: 0, writes: 0, conflicts: 0, failures: 0 }, unavailable: () => 0 },
  repeppering: { written: 0, waiting: 0 },
  leaseState: () => "none" as const,
  onSettled: () => undefined,
};
const usage = { counter: { size: 0, foldedRequests: 0 }, onQuotaReached: () => undefined };
const metrics = createMetrics(memory, usage);
const storage = { ping: () => Promise.resolve(), migrationsPending: () => Promise.resolve(false) };
const app = createApp({
  // The input is read, as any procedure does, and not looked at.
  trpc: createExpressMiddleware({ router: router({ noop: procedure.input(z.unknown()).mutation(() => answer) }) }),
  readiness: createReadiness({
    storage,
    lifecycle,
    leaseState: () => "none",
    lacksPepper: () => Promise.resolve(false),
  }),
  metrics,
  logger,
  lifecycle,
});
const limits = {
  bodyBytesMax: 65_536,
  connectionsMax: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 72_000,
  drainDelayMs: 0,
  drainMs: 1000,
  verifyCacheMax: 1,
  verifyCacheBytesMax: 1,
};
const server = await startServer(
  { verifyDoor: app, forwardAuthDoor: app, leaksDoor: app, app, limits, lifecycle },
  { host: "127.0.0.1", port: 0 },
);
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
process.on("SIGTERM", () => process.exit(0));
