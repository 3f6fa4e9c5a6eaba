import { z } from "zod";

/** An address as text, without a zone: `203.0.113.7`, `2001:db8::7`, `::ffff:203.0.113.7` (which is the first one). */
export const IpAddress = z.union([z.ipv4(), z.ipv6()], "must be an IPv4 or IPv6 address, without a zone");

const FORM = "must be a network in CIDR notation: 203.0.113.0/24, 2001:db8::/32, or 203.0.113.7/32 for one address";

/** An address without dots inside colons, as a number. */
const numberOf = (address: string): bigint => {
  if (!address.includes(":")) return address.split(".").reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
  const [left = [], right = []] = address.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return [...left, ...zeros, ...right].reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
};

const partsOf = (rule: string): { readonly network: bigint; readonly isIpv6: boolean; readonly hostBits: bigint } => {
  const [address = "", prefix = ""] = rule.split("/");
  const isIpv6 = address.includes(":");
  return { network: numberOf(address), isIpv6, hostBits: BigInt((isIpv6 ? 128 : 32) - Number(prefix)) };
};

/** Bits behind the prefix: one address was meant, or the whole network, and nobody knows which. */
const isNetwork = (rule: string): boolean => {
  const { network, hostBits } = partsOf(rule);
  return (network & ((1n << hostBits) - 1n)) === 0n;
};

/** `::ffff:0:0/96` and what lies in it (RFC 4291, section 2.5.5.2). */
const isMapped = (rule: string): boolean => {
  const { network, isIpv6 } = partsOf(rule);
  return isIpv6 && network >> 32n === 0xffffn;
};

/**
 * From where a key may be used: a network in CIDR notation (RFC 4632, RFC 4291). Refused are bits behind the prefix, and
 * IPv4 networks in the clothes of IPv6: their addresses are IPv4 addresses, however somebody spells them.
 */
export const IpRule = z
  .union([z.cidrv4(), z.cidrv6().regex(/^[^.]*$/)], FORM)
  .refine(isNetwork, { error: "has bits set behind its prefix: write the network, or /32 (/128) for one address" })
  .refine((rule) => !isMapped(rule), { error: "is an IPv4 network mapped into IPv6: write it as IPv4" });

export const IP_RULES_MAX = 64;
/** A set, whatever its order. Empty: from everywhere. */
export const IpRules = z.array(IpRule).max(IP_RULES_MAX);
