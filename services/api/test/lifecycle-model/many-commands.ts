import fc from "fast-check";
import { expect } from "vitest";

import type { ModelKey } from "./model.ts";
import { command, index, named, type Step } from "./steps.ts";

type Many = "revokeMany" | "pauseMany" | "deleteMany";

/** What one key of the call is told, and what becomes of it. */
const apply = (what: Many, key: ModelKey): string | null => {
  if (key.deleted) return "NOT_FOUND";
  if (what === "pauseMany" && key.revoked) return "CONFLICT";
  if (what === "revokeMany") key.revoked = true;
  else if (what === "pauseMany") key.paused = true;
  else key.deleted = true;
  return null;
};

/** Each for itself, in the order of the input, also where a key is named twice. */
const many =
  (what: Many, places: readonly number[]): Step =>
  async (model, { admin }) => {
    const named = places.flatMap((place) => model.keys[place % Math.max(1, model.keys.length)] ?? []);
    if (named.length === 0) return;
    const { results } =
      what === "deleteMany"
        ? await admin.keys.deleteMany({ keys: named.map(({ id, name }) => ({ keyId: id, confirmName: name })) })
        : await admin.keys[what]({ keyIds: named.map(({ id }) => id) });
    expect(results.map((result) => (result.ok ? null : result.code))).toEqual(named.map((key) => apply(what, key)));
  };

export const manyCommands = [
  fc
    .tuple(
      fc.constantFrom<Many>("revokeMany", "pauseMany", "deleteMany"),
      fc.array(index, { minLength: 1, maxLength: 3 }),
    )
    .map(([what, places]) => command(named(what, places), many(what, places))),
];
