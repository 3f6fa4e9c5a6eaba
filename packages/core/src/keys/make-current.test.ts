import { expect, test } from "vitest";

import type { SecretVersion } from "../entities.ts";
import { ENDED_EVERYWHERE, endOfOthers } from "./make-current.ts";

const now = new Date("2027-01-01T00:00:00Z");
const inMs = (ms: number) => new Date(now.getTime() + ms);
const aVersion = (id: string, facts: Partial<SecretVersion>): SecretVersion => ({
  id,
  keyId: "key_1",
  revision: 1,
  digest: new Uint8Array(32),
  pepperVersion: 1,
  displayPrefix: "itsy_local_sk_abcd",
  createdAt: now,
  confirmedAt: now,
  validUntil: null,
  lastUsedAt: null,
  leakedAt: null,
  ...facts,
});

test("one current and one retiring version remain when a version becomes current; a pending one keeps its deadline", () => {
  const next = aVersion("next", { confirmedAt: null, validUntil: inMs(1000) });
  const versions = [
    aVersion("retiring", { validUntil: inMs(5000) }),
    aVersion("current", {}),
    aVersion("rival", { confirmedAt: null, validUntil: inMs(1000) }),
    next,
  ];
  expect(endOfOthers(versions, { next, overlapMs: 3000, now })).toEqual(
    new Map([
      ["retiring", ENDED_EVERYWHERE],
      ["current", inMs(3000)],
    ]),
  );
});

test("without an overlap the current version ends at once, whatever the clock of a replica says", () => {
  const next = aVersion("next", { confirmedAt: null });
  expect(endOfOthers([aVersion("current", {}), next], { next, overlapMs: 0, now })).toEqual(
    new Map([["current", ENDED_EVERYWHERE]]),
  );
});
