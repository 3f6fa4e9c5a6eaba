import { isAbsolute, resolve } from "node:path";

import type { PepperRing } from "@itsy/key-format";
import { z } from "zod";
import { type DatabaseSettings, MEMORY_PATH, parseDatabaseUrl } from "./database/database-url.ts";
import type { ScannerKey } from "./settings/scanner-keys.ts";
import { loadPepperRing, loadScannerKeys } from "./settings/secret-settings.ts";

/** Every setting of the service, parsed. Durations are in milliseconds, sizes in bytes. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly database: DatabaseSettings;
  readonly peppers: PepperRing;
  /** Versions of peppers that are lost for good: the service starts although something still needs them. */
  readonly peppersLost: readonly number[];
  readonly brand: string;
  /**
   * How long a replica on a MySQL or MariaDB server answers from memory without having reached the database. So also for
   * how long known keys are served when the database is down, and how long a change waits for a replica that hangs.
   */
  readonly verifyLeaseMs: number;
  /**
   * For how long after the lease known keys are still served while the database cannot be asked. A change waits for it as
   * for the lease, since a replica that serves through an outage cannot be told from one that hangs.
   */
  readonly verifyGraceMs: number;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
  readonly limits: Limits;
  /** How many proxies before the service are trusted to tell who called them (`X-Forwarded-For`). */
  readonly trustedProxyHops: number;
  /** What scanners sign their reports of leaked secrets with; none: all are refused. */
  readonly scannerKeys: readonly ScannerKey[];
  /** How long entries of the audit are kept; `undefined`: for ever. */
  readonly auditRetentionDays: number | undefined;
  /** For how many days counts of hours are kept. */
  readonly usageRetentionDays: number;
  /** Where the first operator token goes; `undefined`: one line on standard output. */
  readonly bootstrapTokenFile: string | undefined;
}

export interface Limits {
  /** The largest body of a call to the management API. */
  readonly bodyBytesMax: number;
  /** One more is closed as soon as it is opened: what each may hold, the process may hold as often. */
  readonly connectionsMax: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  /** How long the service still takes requests after the signal, while it already says that it is not ready. */
  readonly drainDelayMs: number;
  /** How long requests in flight may take to finish after that. */
  readonly drainMs: number;
  /** How many secrets are remembered. */
  readonly verifyCacheMax: number;
  /** How much memory what is known of them may take, as `bytesOfRecord` estimates it. */
  readonly verifyCacheBytesMax: number;
}

/** Names every setting that is wrong; never holds the value of one. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";

  constructor(problems: readonly string[]) {
    super(["the settings cannot be used:", ...problems.map((problem) => `  ${problem}`)].join("\n"));
  }
}

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,15}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(min).max(max));

const HOUR_MS = 3_600_000;
/** For each secret that may be remembered: three times what one of a usual key takes. */
const CACHE_BYTES_EACH = 2048;
const DEFAULT_DATABASE_URL = "sqlite:./.itsy/itsy.db";

const database = z.string().transform((text, context): DatabaseSettings => {
  try {
    const parsed = parseDatabaseUrl(text);
    const isFile = parsed.type === "sqlite" && parsed.path !== MEMORY_PATH && !isAbsolute(parsed.path);
    return isFile ? { ...parsed, path: resolve(parsed.path) } : parsed;
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
    return z.NEVER;
  }
});

const Environment = z.object({
  HOST: z.string().default("127.0.0.1"),
  PORT: whole(0, 65_535).default(4700),
  DATABASE_URL: database.prefault(DEFAULT_DATABASE_URL),
  PEPPERS: z.string().optional(),
  PEPPER_FILE: z.string().optional(),
  PEPPER_CURRENT: whole(1, 999_999_999).optional(),
  PEPPERS_LOST: z
    .string()
    .regex(/^[1-9][0-9]{0,8}(?:,[1-9][0-9]{0,8})*$/, "must be versions, separated by commas")
    .transform((text) => text.split(",").map(Number))
    .default([]),
  BRAND: z
    .string()
    .regex(/^[a-z][a-z0-9]{1,15}$/, "must be 2 to 16 lower-case letters and digits, a letter first")
    .default("itsy"),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  BODY_BYTES_MAX: whole(1024, 10 * 1024 * 1024).default(64 * 1024),
  CONNECTIONS_MAX: whole(1, 1_000_000).default(10_000),
  HEADERS_TIMEOUT_MS: whole(100, HOUR_MS).default(10_000),
  REQUEST_TIMEOUT_MS: whole(100, HOUR_MS).default(30_000),
  KEEP_ALIVE_MS: whole(0, HOUR_MS).default(72_000),
  DRAIN_DELAY_MS: whole(0, HOUR_MS).default(0),
  DRAIN_MS: whole(0, HOUR_MS).default(10_000),
  VERIFY_LEASE_MS: whole(1_500, HOUR_MS).default(2_000),
  VERIFY_GRACE_MS: whole(0, HOUR_MS).default(0),
  VERIFY_CACHE_MAX: whole(1, 10_000_000).default(50_000),
  VERIFY_CACHE_BYTES_MAX: whole(1024 * 1024, 1024 ** 4).optional(),
  TRUSTED_PROXY_HOPS: whole(0, 16).default(0),
  LEAK_SCANNERS: z.string().optional(),
  LEAK_SCANNERS_FILE: z.string().optional(),
  AUDIT_RETENTION_DAYS: whole(1, 36_500).optional(),
  USAGE_RETENTION_DAYS: whole(1, 36_500).default(90),
  BOOTSTRAP_TOKEN_FILE: z.string().optional(),
});
type Environment = z.infer<typeof Environment>;

/** @throws SettingsError */
const loaded = <Value>(names: string, load: (env: Environment) => Value, env: Environment): Value => {
  try {
    return load(env);
  } catch (error) {
    throw new SettingsError([`${names}: ${(error as Error).message}`]);
  }
};

const check = (source: Readonly<Record<string, string | undefined>>): Environment => {
  // An empty value is what compose files and shells pass for "not set".
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = Environment.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  if (given["PEPPERS"] !== undefined && given["PEPPER_FILE"] !== undefined) {
    problems.push("PEPPERS, PEPPER_FILE: set one of the two");
  }
  if (given["LEAK_SCANNERS"] !== undefined && given["LEAK_SCANNERS_FILE"] !== undefined) {
    problems.push("LEAK_SCANNERS, LEAK_SCANNERS_FILE: set one of the two");
  }
  if (!parsed.success || problems.length > 0) throw new SettingsError(problems);
  return parsed.data;
};

/**
 * Reads the settings. For a new SQLite database it also makes the pepper file beside it (mode 0600).
 * @throws SettingsError naming every setting that is wrong.
 */
export const parseSettings = (source: Readonly<Record<string, string | undefined>> = process.env): Settings => {
  const env = check(source);
  return Object.freeze({
    host: env.HOST,
    port: env.PORT,
    database: env.DATABASE_URL,
    peppers: loaded("PEPPERS, PEPPER_FILE", loadPepperRing, env),
    peppersLost: env.PEPPERS_LOST,
    brand: env.BRAND,
    verifyLeaseMs: env.VERIFY_LEASE_MS,
    verifyGraceMs: env.VERIFY_GRACE_MS,
    logLevel: env.LOG_LEVEL,
    limits: Object.freeze({
      bodyBytesMax: env.BODY_BYTES_MAX,
      connectionsMax: env.CONNECTIONS_MAX,
      headersTimeoutMs: env.HEADERS_TIMEOUT_MS,
      requestTimeoutMs: env.REQUEST_TIMEOUT_MS,
      keepAliveMs: env.KEEP_ALIVE_MS,
      drainDelayMs: env.DRAIN_DELAY_MS,
      drainMs: env.DRAIN_MS,
      verifyCacheMax: env.VERIFY_CACHE_MAX,
      verifyCacheBytesMax: env.VERIFY_CACHE_BYTES_MAX ?? env.VERIFY_CACHE_MAX * CACHE_BYTES_EACH,
    }),
    trustedProxyHops: env.TRUSTED_PROXY_HOPS,
    scannerKeys: loaded("LEAK_SCANNERS, LEAK_SCANNERS_FILE", loadScannerKeys, env),
    auditRetentionDays: env.AUDIT_RETENTION_DAYS,
    usageRetentionDays: env.USAGE_RETENTION_DAYS,
    bootstrapTokenFile: env.BOOTSTRAP_TOKEN_FILE === undefined ? undefined : resolve(env.BOOTSTRAP_TOKEN_FILE),
  });
};
