import { ItsyError } from "@itsy/client";
import { KubeError } from "@itsy/controller-runtime";
import { type DestinationStream, type Logger, pino } from "pino";

import { redact } from "./redact.ts";

const CAUSES_MAX = 5;

/** Type, code, message and stack, along the causes; nothing else of an error, since a request may hang on it. */
const serializeError = (error: unknown, depth = 0): object => {
  if (!(error instanceof Error)) return { message: redact(String(error)) };
  const { name, message, stack, cause } = error;
  const code = error instanceof ItsyError ? error.code : error instanceof KubeError ? error.reason : undefined;
  return {
    type: name,
    ...(code === undefined ? {} : { code }),
    ...(error instanceof ItsyError && error.requestId !== undefined ? { requestId: error.requestId } : {}),
    message: redact(message),
    // An expected refusal needs no stack; a defect does.
    ...(code === undefined && stack !== undefined ? { stack: redact(stack) } : {}),
    ...(cause === undefined || depth >= CAUSES_MAX ? {} : { cause: serializeError(cause, depth + 1) }),
  };
};

/** One JSON object a line. Secrets, tokens and digests are blanked in errors, wherever they came from. */
export const createLogger = (options: { readonly level: string; readonly destination?: DestinationStream }): Logger =>
  pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: (error: unknown) => serializeError(error) },
      redact: { paths: ["*.token", "*.secret", "*.data", "*.secretSha256", "*.authorization"], censor: "[redacted]" },
    },
    options.destination ?? pino.destination({ fd: 1, sync: false }),
  );
