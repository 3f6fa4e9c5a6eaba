import { DatabaseError, DatabaseStartError } from "./database/database-error.ts";
import { SettingsError } from "./env.ts";

/** These say all there is to know to whoever runs the service. */
const readable = [SettingsError, DatabaseError, DatabaseStartError];

/** Ends the process, with the reason on standard error. */
export const exitWith = (error: unknown): never => {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const isReadable = readable.some((kind) => error instanceof kind);
  process.stderr.write(`itsy-keys: ${isReadable ? message : (stack ?? message)}\n`);
  process.exit(1);
};
