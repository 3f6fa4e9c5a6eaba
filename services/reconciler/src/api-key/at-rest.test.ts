import { expect, test } from "vitest";

import { anApiKey } from "../../test/an-observed.ts";
import { isAtRest } from "./at-rest.ts";
import type { ApiKeyCondition, ApiKeyStatus } from "./schema/status.ts";

const is = (type: string, status: "True" | "False"): ApiKeyCondition => ({
  type,
  status,
  reason: "Delivered",
  message: "",
  observedGeneration: 1,
  lastTransitionTime: "2026-11-22T10:00:00Z",
});
const delivered: ApiKeyStatus = {
  observedGeneration: 1,
  lastHandledRotateRequest: "once",
  conditions: [is("Ready", "True"), is("Reconciling", "False"), is("Stalled", "False")],
};

test("a delivered ApiKey is at rest, also after a request that was answered", () => {
  expect(isAtRest(anApiKey({ status: delivered }))).toBe(true);
  expect(isAtRest(anApiKey({ status: delivered, rotateRequest: "once" }))).toBe(true);
});

test.each([
  ["new", anApiKey()],
  ["changed since", anApiKey({ status: { ...delivered, observedGeneration: 0 } })],
  ["asked to rotate", anApiKey({ status: delivered, rotateRequest: "again" })],
  ["being deleted", anApiKey({ status: delivered, isDeleted: true })],
  ["not ready", anApiKey({ status: { ...delivered, conditions: [is("Ready", "False")] } })],
  ["on its way", anApiKey({ status: { ...delivered, conditions: [is("Ready", "True"), is("Reconciling", "True")] } })],
])("one that is %s is not", (_, apiKey) => {
  expect(isAtRest(apiKey)).toBe(false);
});
