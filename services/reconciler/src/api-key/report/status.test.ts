import { expect, test } from "vitest";

import { aKey, anApiKey, anObserved, aTarget, now } from "../../../test/an-observed.ts";
import { settled } from "../plan/finding.ts";
import { isWorthReporting, statusAfterFailure, statusOf } from "./status.ts";

const ready = settled("Delivered", true, "Revision 1.");
const reported = (change: object = {}) => {
  const observed = anObserved(change);
  return { observed, status: JSON.parse(JSON.stringify(statusOf(observed, ready, now))) };
};
const unreachable = {
  reason: "ServiceUnreachable",
  message: "m",
  ready: "unchanged",
  progress: "reconciling",
} as const;

test("the status says what the service and the Secret say", () => {
  const target = aTarget({ rotateHandled: "now" });
  const { status } = reported({ target, view: { key: aKey({ retiringUntil: "2026-11-22T11:00:00Z" }) } });
  expect(status).toMatchObject({
    observedGeneration: 1,
    keyId: aKey().keyId,
    displayPrefix: "itsy_production_sk_abcd",
    revision: 1,
    binding: { name: "website" },
    lastRotatedAt: "2026-11-22T09:30:00Z",
    retiringUntil: "2026-11-22T11:00:00Z",
    lastHandledRotateRequest: "now",
  });
  expect(JSON.stringify(status)).not.toContain(target.value?.sha256());
});

test("a foreign Secret is not claimed", () => {
  const { status } = reported({ target: aTarget({ isOurs: false, rotateHandled: "x" }) });
  expect(status.binding).toBeUndefined();
  expect(status.lastHandledRotateRequest).toBeUndefined();
});

test("of a revoked key it keeps the rotate request that was there when this was first seen, whatever else is found", () => {
  const view = { key: aKey({ status: "revoked" }) };
  const { status } = reported({ apiKey: anApiKey({ rotateRequest: "before" }), view });
  expect(status.revocation).toEqual({ keyId: aKey().keyId, rotateRequest: "before" });
  const later = reported({ apiKey: anApiKey({ rotateRequest: "after", status }), view });
  expect(later.status.revocation).toEqual(status.revocation);
  const other = reported({ apiKey: anApiKey({ status }), view: { key: aKey({ status: "revoked", keyId: "key_2" }) } });
  // Empty, not absent: in a merge patch the request of the key before would stay.
  expect(other.status.revocation).toEqual({ keyId: "key_2", rotateRequest: "" });
  expect(reported({ apiKey: anApiKey({ status }) }).status.revocation).toBeUndefined();
});

test("a failure changes the conditions and nothing else", () => {
  const { status } = reported();
  const after = statusAfterFailure(anApiKey({ status }), unreachable, now);
  expect({ ...after, conditions: [] }).toEqual({ ...status, conditions: [] });
});

test("an unreachable service is worth a word only while something that was asked for is not done", () => {
  const { status } = reported();
  expect(isWorthReporting(anApiKey({ status }), unreachable)).toBe(false);
  expect(isWorthReporting(anApiKey(), unreachable)).toBe(true);
  expect(isWorthReporting(anApiKey({ status, rotateRequest: "now" }), unreachable)).toBe(true);
  expect(isWorthReporting(anApiKey({ status, isDeleted: true }), unreachable)).toBe(true);
  const changed = anApiKey({ status });
  const next = { ...changed, metadata: { ...changed.metadata, generation: 2 } };
  expect(isWorthReporting(next, unreachable)).toBe(true);
});
