import { anySecretOf, type ScannerPatterns } from "@itsy/core";
import { type DestinationStream, type Logger, pino } from "pino";

import type { Settings } from "./env.ts";

export type { Logger } from "pino";

const sensitive = [
  "authorization",
  "cookie",
  "set-cookie",
  "secret",
  "token",
  "password",
  "pepper",
  "peppers",
  "digest",
  "body",
  "input",
];
// On the top level and two levels down: deeper objects are not logged anywhere.
const paths = sensitive.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

export interface LoggerOptions {
  readonly level: Settings["logLevel"];
  readonly format: ScannerPatterns;
  /** Default: standard output. */
  readonly destination?: DestinationStream | undefined;
}

/**
 * JSON lines. Nobody logs a secret on purpose; fields of such names are blanked all the same, and so is whatever looks
 * like a secret or a token anywhere in a line (somebody's mistaken URL, for example).
 */
export const createLogger = ({ level, format, destination }: LoggerOptions): Logger => {
  const anySecret = anySecretOf(format);
  return pino(
    {
      level,
      base: null,
      redact: { paths, censor: "[redacted]" },
      hooks: { streamWrite: (line) => line.replace(anySecret, "[redacted]") },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
};
