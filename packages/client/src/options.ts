import { readServiceAddress } from "@itsy/contract";

import type { Fetch } from "./exchange.ts";
import { ItsyError } from "./itsy-error.ts";

export interface ClientOptions {
  /** Where the service listens, for example `https://keys.example.com`. */
  readonly url: string;
  /** A management token (`itsy_mt_…`), or where to read it anew for each call, for tokens that are rotated. */
  readonly token: string | (() => string | Promise<string>);
  /** How long a call may take, reading the token included, in milliseconds: 1 to 2 147 483 647. Default: 10 000. */
  readonly timeoutMs?: number;
  /** Default: the platform's `fetch`. */
  readonly fetch?: Fetch;
}

export interface Settings {
  /** Where tRPC is. */
  readonly endpoint: string;
  readonly timeoutMs: number;
}

const TIMEOUT_MS_DEFAULT = 10_000;
/** The longest that a timer can run (2^31 - 1 ms). */
const TIMEOUT_MS_MAX = 2_147_483_647;

const invalid = (option: keyof ClientOptions, message: string) =>
  new ItsyError("INVALID_INPUT", `${option} ${message}`, { issues: [{ path: [option], message }] });

const endpointOf = (url: string): string => {
  const read = readServiceAddress(url);
  if ("flaw" in read) throw invalid("url", read.flaw);
  return `${read.address}/trpc`;
};

/** Whether a header can carry it: platforms quote a header that they do not like in what they throw. */
export const canBeSent = (token: unknown): token is string => typeof token === "string" && /^[\x21-\x7e]+$/.test(token);

/** Fills in the defaults. Throws `INVALID_INPUT`, and quotes nothing of what was given. */
export const settingsOf = ({ url, token, timeoutMs = TIMEOUT_MS_DEFAULT }: ClientOptions): Settings => {
  const endpoint = endpointOf(url);
  const isTimeout = timeoutMs >= 1 && timeoutMs <= TIMEOUT_MS_MAX;
  if (!isTimeout) throw invalid("timeoutMs", `must be a number from 1 to ${TIMEOUT_MS_MAX}`);
  // An empty one gives nothing away: it is what a variable that is not set yet reads as, and each call refuses it.
  if (typeof token !== "function" && token !== "" && !canBeSent(token)) {
    throw invalid("token", "must be a management token: visible ASCII characters, no space and no line end");
  }
  return { endpoint, timeoutMs };
};
