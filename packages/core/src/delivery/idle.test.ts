import { expect, test } from "vitest";

import type { SecretVersion } from "../entities.ts";
import { idleAt } from "./idle.ts";

const at = (minute: number) => new Date(Date.UTC(2027, 0, 1, 0, minute));
const successor = { confirmedAt: at(10), validUntil: null } as SecretVersion;
const idle = (lastUsedAt: Date | null, valid = [successor]) =>
  idleAt({ retiring: { lastUsedAt, createdAt: at(0) }, valid, idleForMs: 300_000, now: at(20) });

test("so long after the last use", () => expect(idle(at(18))).toEqual(at(23)));
test("a use before the rotation says nothing: clients had no other secret", () => expect(idle(at(3))).toEqual(at(15)));
test("one that was never used has that much time as well", () => expect(idle(null)).toEqual(at(15)));
test("without a successor it counts from its own making", () => expect(idle(null, [])).toEqual(at(5)));
