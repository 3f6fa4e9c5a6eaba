import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { aKey, anApiKey, anObserved } from "../../../test/an-observed.ts";
import { overlapMs } from "./expiry.ts";
import { isRotationDue, nextRotationAt } from "./schedule.ts";

const HOUR_MS = 3_600_000;
const rotatedAt = "2026-11-22T09:30:00Z";
const afterRotation = (hours: number) => new Date(Date.parse(rotatedAt) + hours * HOUR_MS).toISOString();

const scheduled = (
  rotation: object,
  { key = {}, at = rotatedAt, uid, ...spec }: { key?: object; at?: string; uid?: string; expiresAt?: string } = {},
) => {
  const apiKey = anApiKey({ spec: { rotation, ...spec } });
  const renamed = uid === undefined ? apiKey : { ...apiKey, metadata: { ...apiKey.metadata, uid } };
  return anObserved({ apiKey: renamed, view: { at, key: aKey({ rotatedAt, ...key }) } });
};
const nextInHours = (observed: Parameters<typeof nextRotationAt>[0]): number | null => {
  const next = nextRotationAt(observed);
  return next === null ? null : (next.getTime() - Date.parse(rotatedAt)) / HOUR_MS;
};

describe("the next scheduled rotation", () => {
  test("is none without a schedule", () => {
    expect(nextRotationAt(scheduled({ overlap: "1h" }))).toBeNull();
  });
  test("comes up to a tenth before the period ends, at the same time for one object, and spread over many", () => {
    const hours = Array.from({ length: 2_000 }, (_, at) =>
      nextInHours(scheduled({ every: "100h" }, { uid: `u${at}` })),
    );
    expect(Math.min(...(hours as number[]))).toBeGreaterThan(90);
    expect(Math.max(...(hours as number[]))).toBeLessThanOrEqual(100);
    for (let tenth = 90; tenth < 100; tenth += 1)
      expect(hours.filter((at) => at !== null && at > tenth && at <= tenth + 1).length).toBeGreaterThan(140);
    expect(nextInHours(scheduled({ every: "100h" }, { uid: "u7" }))).toBe(hours[7]);
  });
  test("follows from the last one only: after any downtime there is one, not those that were missed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8_784 }), fc.integer({ min: 0, max: 1_000_000 }), (every, downHours) => {
        const rotation = { every: `${every}h`, overlap: "0s" };
        const late = afterRotation(downHours);
        const observed = scheduled(rotation, { at: late });
        expect(isRotationDue(observed)).toBe(downHours >= (nextInHours(observed) as number));
        // Once it was delivered, nothing is due.
        expect(isRotationDue(scheduled(rotation, { at: late, key: { rotatedAt: late } }))).toBe(false);
      }),
    );
  });
  test("does not cut the overlap of the last one short", () => {
    const retiringUntil = afterRotation(99.9);
    expect(nextInHours(scheduled({ every: "100h", overlap: "99h" }, { key: { retiringUntil } }))).toBeCloseTo(99.9);
  });
  test.each(["paused", "revoked", "expired"] as const)("is none while the key is %s", (status) => {
    expect(nextRotationAt(scheduled({ every: "1h", overlap: "0s" }, { key: { status } }))).toBeNull();
  });
  test("is decided by the service's clock alone", () => {
    expect(isRotationDue(scheduled({ every: "2h" }, { at: afterRotation(1.7) }))).toBe(false);
    expect(isRotationDue(scheduled({ every: "2h" }, { at: afterRotation(2) }))).toBe(true);
  });
});

describe("a rotation before spec.expiresAt", () => {
  const expiresAt = afterRotation(200);
  const settings = { ...aKey().settings, expiresAt };
  test("comes early enough for the whole overlap", () => {
    const observed = scheduled({ every: "1000h", overlap: "10h" }, { expiresAt });
    expect(nextInHours(observed)).toBeCloseTo(200 - 10 - 5 / 60);
  });
  test("takes at most half of the time, where the expiry was declared for soon", () => {
    // The ApiKey was created half an hour before.
    const soon = afterRotation(1.5);
    expect(nextInHours(scheduled({ every: "1000h" }, { expiresAt: soon }))).toBeCloseTo(0.5);
  });
  test("happens once: what was delivered since has no expiry", () => {
    const key = { rotatedAt: afterRotation(195) };
    expect(nextInHours(scheduled({ every: "1000h", overlap: "10h" }, { expiresAt, key }))).toBeGreaterThan(1_000);
  });
  test("does not happen where the key is to end there", () => {
    const end = { overlap: "10h", atExpiry: "End" };
    expect(nextRotationAt(scheduled({ every: "1000h", ...end }, { expiresAt }))).toBeNull();
    expect(nextInHours(scheduled({ every: "150h", ...end }, { expiresAt }))).toBeLessThanOrEqual(150);
  });
  test("a late one does not let the old version work past its expiry", () => {
    const late = scheduled(
      { every: "1000h", overlap: "10h" },
      { expiresAt, at: afterRotation(199), key: { settings } },
    );
    expect(overlapMs(late)).toBe(HOUR_MS);
    const early = scheduled({ every: "1000h", overlap: "10h" }, { expiresAt, key: { settings } });
    expect(overlapMs(early)).toBe(10 * HOUR_MS);
  });
});
