import { describe, expect, test } from "vitest";

import { judgeRing, type RingFacts } from "./judge-ring.ts";

const print = (byte: number) => new Uint8Array(32).fill(byte);
const stored = (version: number, retiredAt: Date | null = null) => ({
  version,
  fingerprint: print(version),
  firstSeenAt: new Date(0),
  retiredAt,
});
const facts = (overrides: Partial<RingFacts> = {}): RingFacts => ({
  current: 2,
  fingerprints: new Map([
    [1, print(1)],
    [2, print(2)],
  ]),
  lost: [],
  stored: [stored(1), stored(2)],
  usage: [
    { version: 1, secrets: 37, tokens: 2 },
    { version: 2, secrets: 5, tokens: 0 },
  ],
  ...overrides,
});
const only2 = new Map([[2, print(2)]]);

describe("a process may serve", () => {
  test("with every pepper that something needs, whatever else there is", () => {
    expect(judgeRing(facts())).toEqual({ problems: [], warnings: [] });
    expect(judgeRing(facts({ stored: [], usage: [] }))).toEqual({ problems: [], warnings: [] });
    const noneNeeds1 = [{ version: 2, secrets: 5, tokens: 0 }];
    expect(judgeRing(facts({ fingerprints: only2, usage: noneNeeds1 }))).toEqual({ problems: [], warnings: [] });
  });

  test("without one that is said to be lost, and is told what that costs", () => {
    const { problems, warnings } = judgeRing(facts({ fingerprints: only2, lost: [1] }));
    expect(problems).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/version 1 is lost: 37 working secrets and 2 tokens/)]);
  });

  test("with one that is retired and not the current one, and is told to remove it", () => {
    const { problems, warnings } = judgeRing(facts({ stored: [stored(1, new Date(0)), stored(2)], usage: [] }));
    expect([problems, warnings]).toEqual([[], ["pepper version 1 is retired: remove it from the settings"]]);
  });
});

describe("a process must not serve", () => {
  test("without a pepper that something needs", () => {
    const { problems } = judgeRing(facts({ fingerprints: only2 }));
    expect(problems).toEqual([
      expect.stringMatching(/version 1 is missing, and 37 working secrets and 2 tokens need it/),
    ]);
  });

  test("with another pepper under a number that was used, also where nothing needs it", () => {
    const fingerprints = new Map([
      [1, print(9)],
      [2, print(2)],
    ]);
    expect(judgeRing(facts({ fingerprints, usage: [] })).problems).toEqual([
      "the pepper of version 1 is not the one that this database was used with: bring that one back",
    ]);
  });

  test("with a retired pepper as the current one", () => {
    const { problems } = judgeRing(facts({ stored: [stored(1), stored(2, new Date(0))], usage: [] }));
    expect(problems).toEqual([expect.stringContaining("the current pepper is version 2, which was retired")]);
  });
});
