import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { DeliverWithinMs } from "@itsy/contract";
import { z } from "zod";

import { parseDuration } from "./duration.ts";
import { parseFaultPoint } from "./fault-point.ts";

const Duration = z.string().transform((text, context) => {
  try {
    return parseDuration(text);
  } catch {
    context.addIssue({ code: "custom", message: "must be a duration such as 500ms, 30s, 10m or 1h30m" });
    return z.NEVER;
  }
});
const durationBetween = (minMs: number, maxMs: number, what: string) =>
  Duration.pipe(z.number().min(minMs, `must be ${what}`).max(maxMs, `must be ${what}`));

const Concurrency = z.coerce.number().int().min(1).max(512);

const Fault = z.string().transform((text, context) => {
  const point = parseFaultPoint(text);
  if (point !== null) return point;
  context.addIssue({
    code: "custom",
    message: "must be before:<effect>, after:<effect>, lost:<effect> or stop:<effect>, perhaps with :<occurrence>",
  });
  return z.NEVER;
});

const Variables = z
  .object({
    ITSY_URL: z.url({ protocol: /^https?$/ }),
    ITSY_TOKEN: z.string().min(1).optional(),
    ITSY_TOKEN_FILE: z.string().min(1).optional(),
    ITSY_TIMEOUT: durationBetween(100, 600_000, "100ms to 10m").default(10_000),
    KUBECONFIG: z.string().min(1).optional(),
    WATCH_NAMESPACE: z.string().min(1).optional(),
    WATCH_SECRETS: z.stringbool().default(false),
    NAMESPACE: z.string().min(1).default("itsy-system"),
    POD_NAME: z.string().min(1).default(hostname()),
    CONCURRENCY: Concurrency.default(16),
    NAMESPACE_CONCURRENCY: Concurrency.default(12),
    DELIVER_WITHIN: Duration.pipe(DeliverWithinMs).default(3_600_000),
    RESYNC: durationBetween(1_000, 86_400_000, "1s to 24h").default(60_000),
    RESYNC_PER_SECOND: z.coerce.number().int().min(1).max(1_000).default(20),
    RETRY_MAX: durationBetween(100, 3_600_000, "100ms to 1h").default(30_000),
    RECONCILE_TIMEOUT: durationBetween(1_000, 3_600_000, "1s to 1h").default(300_000),
    LEADER_ELECTION: z.stringbool().default(true),
    LEASE_DURATION: durationBetween(1_000, 600_000, "1s to 10m").default(15_000),
    LEASE_RENEW_DEADLINE: durationBetween(500, 600_000, "500ms to 10m").default(10_000),
    LEASE_RETRY_PERIOD: durationBetween(100, 60_000, "100ms to 1m").default(2_000),
    METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
    METRICS_HOST: z.string().min(1).default("0.0.0.0"),
    LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
    ITSY_FAULT_AT: Fault.optional(),
  })
  .refine(({ ITSY_TOKEN, ITSY_TOKEN_FILE }) => (ITSY_TOKEN === undefined) !== (ITSY_TOKEN_FILE === undefined), {
    path: ["ITSY_TOKEN"],
    message: "set either ITSY_TOKEN or ITSY_TOKEN_FILE",
  })
  .refine((env) => env.LEASE_RETRY_PERIOD < env.LEASE_RENEW_DEADLINE && env.LEASE_RENEW_DEADLINE < env.LEASE_DURATION, {
    path: ["LEASE_DURATION"],
    message: "must hold: LEASE_RETRY_PERIOD < LEASE_RENEW_DEADLINE < LEASE_DURATION",
  });

/** The settings of the process. Every one of them is described in services/reconciler/README.md. */
export type Env = z.output<typeof Variables>;

/** A setting is missing or makes no sense. The message names each one and shows no value. */
export class EnvError extends Error {
  override readonly name = "EnvError";
}

/** Reads the settings; an empty variable counts as absent. @throws EnvError */
export const readEnv = (variables: NodeJS.ProcessEnv = process.env): Env => {
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const parsed = Variables.safeParse(present);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
  throw new EnvError(`The settings do not fit:\n${problems.join("\n")}`);
};

/** The management token; from a file it is read anew for each call, so that it can be replaced without a restart. */
export const tokenOf = ({ ITSY_TOKEN, ITSY_TOKEN_FILE }: Env): string | (() => string) => {
  if (ITSY_TOKEN !== undefined) return ITSY_TOKEN;
  const file = ITSY_TOKEN_FILE ?? "";
  return () => readFileSync(file, "utf8").trim();
};
