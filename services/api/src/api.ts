import { createSecretFormat } from "@itsy/key-format";
import type { DestinationStream } from "pino";

import { type Domain, type Nature, openDomain } from "./domain.ts";
import type { Settings } from "./env.ts";
import { createApp } from "./http/app.ts";
import { createFailureLog } from "./http/failure-log.ts";
import { createForwardAuthDoor } from "./http/forward-auth-door.ts";
import { createLeaksDoor } from "./http/leaks-door.ts";
import { createLifecycle } from "./http/lifecycle.ts";
import { createMetrics } from "./http/metrics.ts";
import { createForwardedIpOf, createOriginOf } from "./http/origin.ts";
import { createReadiness } from "./http/readiness.ts";
import { HEADERS_MAX, type RunningServer, startServer } from "./http/server.ts";
import { createVerifyDoor } from "./http/verify-door.ts";
import { createLogger, type Logger } from "./logger.ts";
import { provideFirstToken } from "./tokens/first-token.ts";
import { createAppRouter } from "./trpc/app-router.ts";
import { createTrpcHandler } from "./trpc/handler.ts";
import { counted } from "./verification/counted.ts";

/** What surrounds the process. */
export interface Surroundings extends Nature {
  /** Plain lines for a person at the first start. */
  readonly print: (line: string) => void;
  /** Default: standard output. */
  readonly logDestination?: DestinationStream;
}

/** A running service. Disposing of it drains: requests in flight are answered, then the database is closed. */
export interface Api extends AsyncDisposable {
  readonly url: string;
  readonly logger: Logger;
}

interface ServeDeps {
  readonly domain: Domain;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
}

const serve = (settings: Settings, { domain, logger, monotonicMs }: ServeDeps): Promise<RunningServer> => {
  const { limits } = settings;
  const lifecycle = createLifecycle();
  const { storage, authenticate, memory, metering, lacksPepper } = domain;
  const metrics = createMetrics(memory, metering);
  const verify = counted(domain.useCases.verify, metrics);
  const router = createAppRouter({ ...domain.useCases, verify });
  const originOf = createOriginOf({ trustedProxyHops: settings.trustedProxyHops, format: domain.deps.format });
  const trpc = createTrpcHandler({ router, authenticate, originOf, bodyBytesMax: limits.bodyBytesMax });
  const readiness = createReadiness({ storage, lifecycle, leaseState: memory.leaseState, lacksPepper });
  const app = createApp({ trpc, readiness, metrics, logger, lifecycle });
  const logFailure = createFailureLog({ logger, monotonicMs });
  const doorDeps = { metrics, logger, logFailure, lifecycle, monotonicMs };
  const verifyDoor = createVerifyDoor({ ...doorDeps, authenticate, verify });
  const forwardAuthDoor = createForwardAuthDoor({
    ...doorDeps,
    authenticate,
    verify,
    forwardedIpOf: createForwardedIpOf(settings.trustedProxyHops),
    headersMax: HEADERS_MAX,
  });
  const leaksDoor = createLeaksDoor({
    ...doorDeps,
    reportLeaks: domain.reportLeaks,
    scannerKeys: settings.scannerKeys,
    originOf,
    clock: domain.deps.clock,
  });
  return startServer({ verifyDoor, forwardAuthDoor, leaksDoor, app, limits, lifecycle }, settings);
};

/**
 * Opens the database, hands out the first token, and serves.
 * @throws DatabaseStartError, DatabaseError; an error of the operating system when the port is taken.
 */
export const startApi = async (settings: Settings, surroundings: Surroundings): Promise<Api> => {
  const format = createSecretFormat({ brand: settings.brand });
  const logger = createLogger({ level: settings.logLevel, format, destination: surroundings.logDestination });
  const domain = await openDomain(settings, surroundings, { logger, isReplica: true });
  try {
    const options = { file: settings.bootstrapTokenFile, print: surroundings.print };
    if (await provideFirstToken(domain.deps, options)) logger.info("issued the first operator token");
    const server = await serve(settings, { domain, logger, monotonicMs: surroundings.monotonicMs });
    // Whoever started the process reads the address here, so it is told at every level.
    logger.child({}, { level: "info" }).info({ url: server.url }, "listening");
    return Object.freeze({
      url: server.url,
      logger,
      [Symbol.asyncDispose]: async () => {
        await server.drain();
        await domain[Symbol.asyncDispose]();
      },
    });
  } catch (error) {
    await domain[Symbol.asyncDispose]();
    throw error;
  }
};
