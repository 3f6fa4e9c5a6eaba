import { isIP } from "node:net";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { IpAddress, IpRule, IpRules } from "./ip-rules.ts";

const hexadecimal = (group: number) => group.toString(16);
const groups = fc.array(fc.oneof(fc.nat(0xffff), fc.constant(0)), { minLength: 8, maxLength: 8 });

/** Every way to write the groups: in full, and with any run of zeros left out. */
const spellings = (all: readonly number[]): string[] => {
  const short = all.flatMap((_, from) =>
    all.flatMap((_, to) => {
      const isRun = to >= from && all.slice(from, to + 1).every((group) => group === 0);
      const [left, right] = [all.slice(0, from), all.slice(to + 1)];
      return isRun ? [`${left.map(hexadecimal).join(":")}::${right.map(hexadecimal).join(":")}`] : [];
    }),
  );
  return [all.map(hexadecimal).join(":"), ...short];
};

const bitsOf = (numbers: readonly number[], width: number) =>
  numbers.map((number) => number.toString(2).padStart(width, "0")).join("");

describe("a network", () => {
  test("of IPv6 is taken, however it is spelled, if and only if no bit behind its prefix is set", () => {
    fc.assert(
      fc.property(groups, fc.nat(128), fc.boolean(), (all, prefix, upper) => {
        const isMapped = prefix >= 96 && /^0{80}1{16}/.test(bitsOf(all, 16));
        const isNetwork = !bitsOf(all, 16).slice(prefix).includes("1");
        for (const spelled of spellings(all)) {
          const rule = `${upper ? spelled.toUpperCase() : spelled}/${prefix}`;
          expect([rule, IpRule.safeParse(rule).success]).toEqual([rule, isNetwork && !isMapped]);
        }
      }),
    );
  });

  test("of IPv4 is taken if and only if no bit behind its prefix is set", () => {
    const bytes = fc.array(fc.oneof(fc.nat(255), fc.constant(0)), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(bytes, fc.nat(32), (all, prefix) => {
        const isNetwork = !bitsOf(all, 8).slice(prefix).includes("1");
        expect(IpRule.safeParse(`${all.join(".")}/${prefix}`).success).toBe(isNetwork);
      }),
    );
  });

  test.each([
    ["203.0.113.7", /CIDR notation/],
    ["203.0.113.0/33", /CIDR notation/],
    ["203.0.113.0/-1", /CIDR notation/],
    ["203.0.113.0/024", /CIDR notation/],
    ["203.0.113.0/255.255.255.0", /CIDR notation/],
    ["0203.0.113.0/24", /CIDR notation/],
    ["203.0.113/24", /CIDR notation/],
    ["fe80::%eth0/64", /CIDR notation/],
    ["2001:db8::/129", /CIDR notation/],
    ["2001:db8:::/32", /CIDR notation/],
    ["[2001:db8::]/32", /CIDR notation/],
    ["::203.0.113.0/120", /CIDR notation/],
    ["::ffff:203.0.113.0/120", /CIDR notation/],
    ["::ffff:cb00:7100/120", /write it as IPv4/],
    ["::ffff:0:0/96", /write it as IPv4/],
    ["203.0.113.7/24", /bits set behind its prefix/],
    ["2001:db8::1/32", /bits set behind its prefix/],
    [" 203.0.113.0/24", /CIDR notation/],
    ["203.0.113.0/24\n", /CIDR notation/],
    ["", /CIDR notation/],
  ])("is not %j, and is told why", (rule, why) => {
    expect(IpRule.safeParse(rule).error?.issues.map(({ message }) => message)).toEqual([expect.stringMatching(why)]);
  });

  test("comes in lists of at most 64", () => {
    const list = (count: number) => Array.from({ length: count }, (_, index) => `10.${index}.0.0/16`);
    expect([64, 65].map((count) => IpRules.safeParse(list(count)).success)).toEqual([true, false]);
  });
});

test("an address is what Node.js takes for one, without a zone", () => {
  const likely = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    groups.chain((all) => fc.constantFrom(...spellings(all))),
    fc
      .tuple(fc.ipV6(), fc.constantFrom("%eth0", "%1", "]", "/64", ":80", "@1", " ", "\n"))
      .map((parts) => parts.join("")),
    fc.tuple(fc.ipV4(), fc.constantFrom(":80", "/32", ".", " ")).map((parts) => parts.join("")),
    fc.ipV4().map((ip) => `::ffff:${ip}`),
    fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdefF:.%/[]")), maxLength: 20 }),
  );
  fc.assert(
    fc.property(likely, (text) => {
      expect(IpAddress.safeParse(text).success).toBe(isIP(text) !== 0 && !text.includes("%"));
    }),
    { numRuns: 3000 },
  );
});
