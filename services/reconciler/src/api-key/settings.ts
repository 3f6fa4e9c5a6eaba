import { BlockList, isIPv6 } from "node:net";
import { type DeliverySettings, grants } from "@itsy/contract";

import type { Observed } from "./observed.ts";
import { wantedExpiry } from "./rotation/expiry.ts";

/** The settings that the manifest asks for. */
export const settingsOf = (observed: Pick<Observed, "apiKey" | "spec" | "view">): DeliverySettings => {
  const { spec, view } = observed;
  return {
    name: spec.displayName,
    requestsPerMinute: spec.rateLimit.requestsPerMinute,
    expiresAt: wantedExpiry(observed, view.key?.rotatedAt ?? null),
    paused: spec.paused,
    permissions: spec.permissions,
    ipRules: spec.ipRules,
  };
};

const instantOf = (timestamp: string | null): number | null => (timestamp === null ? null : Date.parse(timestamp));

const isSameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.every((member) => other.includes(member)) && other.every((member) => one.includes(member));

/** Whether the service has other settings than the manifest. */
export const settingsDiffer = (wanted: DeliverySettings, actual: DeliverySettings, pausedByPerson: boolean): boolean =>
  wanted.name !== actual.name ||
  wanted.requestsPerMinute !== actual.requestsPerMinute ||
  !isSameSet(wanted.permissions, actual.permissions) ||
  !isSameSet(wanted.ipRules, actual.ipRules) ||
  instantOf(wanted.expiresAt) !== instantOf(actual.expiresAt) ||
  // A person's pause stands whatever the manifest says; asking again would change nothing.
  (!pausedByPerson && wanted.paused !== actual.paused);

const earlier = (one: string | null, other: string | null): string | null => {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) <= Date.parse(other) ? one : other;
};

type Covers = (outer: string, inner: string) => boolean;

/** What both sets allow: of each two members the narrower one, where one covers the other. */
const commonOf = (one: readonly string[], other: readonly string[], covers: Covers): readonly string[] => {
  const within = (inner: readonly string[], outer: readonly string[]) =>
    inner.filter((member) => outer.some((it) => covers(it, member)));
  return [...new Set([...within(one, other), ...within(other, one)])];
};

const coversPermission: Covers = (outer, inner) => grants(new Set([outer]), inner);

const coversNetwork: Covers = (outer, inner) => {
  const [address = "", length] = outer.split("/");
  const [innerAddress = "", innerLength] = inner.split("/");
  const [family, innerFamily] = [address, innerAddress].map((it) => (isIPv6(it) ? "ipv6" : "ipv4"));
  if (family !== innerFamily || family === undefined || Number(innerLength) < Number(length)) return false;
  const network = new BlockList();
  network.addSubnet(address, Number(length), family);
  return network.check(innerAddress, family);
};

/** No rule means "from everywhere", so two sets that have nothing in common leave the rules that hold. */
const commonRules = (wanted: readonly string[], actual: readonly string[]): readonly string[] => {
  if (wanted.length === 0 || actual.length === 0) return wanted.length === 0 ? actual : wanted;
  const common = commonOf(wanted, actual, coversNetwork);
  return common.length === 0 ? actual : common;
};

/**
 * Of what the manifest asks for only that which takes something away from the key: what is sent while nothing may be
 * given to it. `null` where that changes nothing.
 */
export const restrictedSettings = ({
  wanted,
  actual,
  pausedByPerson,
}: {
  readonly wanted: DeliverySettings;
  readonly actual: DeliverySettings;
  readonly pausedByPerson: boolean;
}): DeliverySettings | null => {
  const restricted: DeliverySettings = {
    name: actual.name,
    requestsPerMinute: Math.min(wanted.requestsPerMinute, actual.requestsPerMinute),
    expiresAt: earlier(actual.expiresAt, wanted.expiresAt),
    paused: actual.paused || wanted.paused,
    permissions: [...commonOf(wanted.permissions, actual.permissions, coversPermission)],
    ipRules: [...commonRules(wanted.ipRules, actual.ipRules)],
  };
  return settingsDiffer(restricted, actual, pausedByPerson) ? restricted : null;
};
