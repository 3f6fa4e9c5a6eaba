import { expect, test } from "vitest";

import { anApiKey } from "../../test/an-observed.ts";
import { isRelevantChange } from "./relevant-change.ts";
import type { StoredApiKey } from "./resource.ts";

const updated = (old: StoredApiKey, object: StoredApiKey) => isRelevantChange({ type: "updated", old, object });
const ofGeneration = (generation: number): StoredApiKey => {
  const apiKey = anApiKey();
  return { ...apiKey, metadata: { ...apiKey.metadata, generation } };
};

test("what people do asks for work", () => {
  expect(isRelevantChange({ type: "added", object: anApiKey() })).toBe(true);
  expect(updated(ofGeneration(1), ofGeneration(2))).toBe(true);
  expect(updated(anApiKey(), anApiKey({ rotateRequest: "now" }))).toBe(true);
  expect(updated(anApiKey(), anApiKey({ isDeleted: true }))).toBe(true);
  expect(updated(anApiKey(), anApiKey({ finalizers: [] }))).toBe(true);
});

test("the reconciler's own writes do not", () => {
  expect(updated(anApiKey({ finalizers: [] }), anApiKey())).toBe(false);
  expect(updated(anApiKey(), anApiKey({ status: { revision: 1 } }))).toBe(false);
});
