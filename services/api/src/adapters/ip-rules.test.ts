import fc from "fast-check";
import { expect, test } from "vitest";

import { createIpRules } from "./ip-rules.ts";

// Few different bits, so that networks and addresses meet.
const ipv4 = fc.tuple(...Array.from({ length: 4 }, () => fc.constantFrom(0, 1, 10, 128, 192, 255)));
const ipv6 = fc
  .tuple(...Array.from({ length: 8 }, () => fc.constantFrom(0, 0, 1, 0x2001, 0xdb8, 0x8000, 0xffff)))
  .filter((groups) => bits(groups, 16).slice(0, 96) !== MAPPED);
const MAPPED = "0".repeat(80) + "1".repeat(16);

const bits = (numbers: readonly number[], width: number): string =>
  numbers.map((number) => number.toString(2).padStart(width, "0")).join("");
const hexadecimal = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(":");
const compressed = (groups: readonly number[]) => new URL(`http://[${hexadecimal(groups)}]`).hostname.slice(1, -1);

interface Address {
  readonly family: 4 | 6;
  readonly bits: string;
  readonly spellings: readonly string[];
}

const address: fc.Arbitrary<Address> = fc.oneof(
  ipv4.map((bytes): Address => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    const mapped = [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d];
    const dotted = bytes.join(".");
    const clothed = [`::ffff:${dotted}`, `::FFFF:${dotted}`, `0:0:0:0:0:ffff:${dotted}`];
    return {
      family: 4,
      bits: bits(bytes, 8),
      spellings: [dotted, ...clothed, hexadecimal(mapped), compressed(mapped)],
    };
  }),
  ipv6.map((groups): Address => {
    const spellings = [hexadecimal(groups), compressed(groups), hexadecimal(groups).toUpperCase()];
    return { family: 6, bits: bits(groups, 16), spellings };
  }),
);

interface Network {
  readonly family: 4 | 6;
  readonly prefix: string;
  readonly rule: string;
}

/** The network of so many bits around an address. */
const network: fc.Arbitrary<Network> = fc.tuple(address, fc.nat(128)).map(([{ family, bits }, length]) => {
  const width = family === 4 ? 32 : 128;
  const size = length % (width + 1);
  const prefix = bits.slice(0, size);
  const padded = prefix.padEnd(width, "0");
  const parts = (each: number) =>
    padded.match(new RegExp(`.{${each}}`, "g"))?.map((part) => Number.parseInt(part, 2)) ?? [];
  const text = family === 4 ? parts(8).join(".") : compressed(parts(16));
  return { family, prefix, rule: `${text}/${size}` };
});

test("a network holds what begins with its bits, in its own family, however the address is spelled", () => {
  let held = 0;
  fc.assert(
    fc.property(fc.array(network, { minLength: 1, maxLength: 5 }), address, (networks, { family, bits, spellings }) => {
      const rules = createIpRules(networks.map(({ rule }) => rule));
      const expected = networks.some((each) => each.family === family && bits.startsWith(each.prefix));
      if (expected) held += 1;
      for (const ip of spellings) expect([ip, rules?.allow(ip)]).toEqual([ip, expected]);
    }),
    { numRuns: 3000 },
  );
  expect(held).toBeGreaterThan(300);
});

test("no rules are no rules", () => {
  expect(createIpRules([])).toBeNull();
});

test("all of IPv6 is not all of IPv4, nor the other way round", () => {
  const allows = (rule: string, ip: string) => createIpRules([rule])?.allow(ip);
  for (const ip of ["203.0.113.7", "::ffff:203.0.113.7"]) {
    expect([allows("::/0", ip), allows("0.0.0.0/0", ip)]).toEqual([false, true]);
  }
  expect([allows("::/0", "2001:db8::1"), allows("0.0.0.0/0", "2001:db8::1")]).toEqual([true, false]);
  // Not mapped: IPv4-compatible addresses (RFC 4291, section 2.5.5.1) are IPv6 addresses like others.
  expect([allows("0.0.0.0/0", "::203.0.113.7"), allows("::/96", "::203.0.113.7")]).toEqual([false, true]);
});
