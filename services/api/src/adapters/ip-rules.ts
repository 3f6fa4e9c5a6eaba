import { BlockList, isIPv4, SocketAddress } from "node:net";

import type { IpRules } from "@itsy/core";

/** As Node.js spells every address of `::ffff:0:0/96`, and no other. */
const MAPPED = /^::ffff:\d+\./;

/**
 * From networks as the contract takes them (`IpRule`); `null` where there are none: from everywhere. An IPv4 address is
 * the same in IPv6's clothes (`::ffff:203.0.113.7`), and no IPv6 network holds it, not even `::/0`.
 */
export const createIpRules = (rules: readonly string[]): IpRules | null => {
  if (rules.length === 0) return null;
  const [ipv4, ipv6] = [new BlockList(), new BlockList()];
  for (const rule of rules) {
    const [network = "", prefix = ""] = rule.split("/");
    if (isIPv4(network)) ipv4.addSubnet(network, Number(prefix), "ipv4");
    else ipv6.addSubnet(network, Number(prefix), "ipv6");
  }
  return Object.freeze({
    networks: rules.length,
    allow: (ip: string) => {
      const address = new SocketAddress({ address: ip, family: isIPv4(ip) ? "ipv4" : "ipv6" });
      if (ipv4.check(address)) return true;
      return address.family === "ipv6" && !MAPPED.test(address.address) && ipv6.check(address);
    },
  });
};
