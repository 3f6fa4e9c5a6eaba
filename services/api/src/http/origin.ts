import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isIP } from "node:net";

import { IpAddress } from "@itsy/contract";
import { anySecretOf, type Origin, type ScannerPatterns } from "@itsy/core";

const USER_AGENT_LENGTH_MAX = 200;

export interface OriginOptions {
  /** How many proxies before the service are trusted to add the address of who called them to `X-Forwarded-For`. */
  readonly trustedProxyHops: number;
  readonly format: ScannerPatterns;
}

/** An IPv4 address as itself, also where the socket maps it into IPv6. */
const plainAddress = (text: string): string => {
  const trimmed = text.trim();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(trimmed)?.[1];
  return mapped ?? trimmed;
};

/**
 * The last address that a trusted hop wrote: so many from the right, the socket's own being the rightmost. Everything
 * to its left is what a caller may have made up.
 */
const addressOf = (own: string, headers: IncomingHttpHeaders, trustedProxyHops: number): string | null => {
  const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",");
  const chain = [...(trustedProxyHops === 0 || forwarded === "" ? [] : forwarded.split(",")), own];
  const told = plainAddress(chain[Math.max(0, chain.length - 1 - trustedProxyHops)] ?? "");
  if (isIP(told) !== 0) return told;
  return isIP(own) === 0 ? null : own;
};

/**
 * Of whom the proxy says that it asks for them: the address that the outermost trusted hop wrote. The socket's own is
 * never it. `null` when no hop is trusted, or the outermost one wrote no address.
 */
export const createForwardedIpOf =
  (trustedProxyHops: number) =>
  ({ headers }: Pick<IncomingMessage, "headers">): string | null => {
    const chain = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
    // Without a trusted hop the place is behind the end, and with fewer entries than trusted hops before the start: the
    // outermost one wrote nothing, and what a hop behind it wrote is a proxy's own address.
    const told = chain[chain.length - trustedProxyHops]?.trim();
    return IpAddress.safeParse(told).success ? (told ?? null) : null;
  };

/**
 * From where a request comes, as it goes into the audit: bounded, one line, and without anything like a secret. Found out
 * when it is asked for, since most requests change nothing.
 */
export const createOriginOf = ({ trustedProxyHops, format }: OriginOptions) => {
  const anySecret = anySecretOf(format);
  return ({ headers, socket }: IncomingMessage): Origin => {
    // Now: of a caller who hung up in between, the socket would not tell it any more.
    const { remoteAddress = "" } = socket;
    return {
      get ip() {
        return addressOf(plainAddress(remoteAddress), headers, trustedProxyHops);
      },
      get userAgent() {
        const agent = headers["user-agent"]?.replace(anySecret, "[redacted]").replaceAll(/\p{Cc}/gu, " ");
        return agent === undefined ? null : agent.slice(0, USER_AGENT_LENGTH_MAX).toWellFormed();
      },
    };
  };
};
export type OriginOf = ReturnType<typeof createOriginOf>;
