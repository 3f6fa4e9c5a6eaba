import fc from "fast-check";
import { expect } from "vitest";

import { addCurrent, MINUTE_MS, newKey, replaceCurrent, statusOf } from "./model.ts";
import { codeOf, command, index, named, onKey, type Step } from "./steps.ts";

/** A call whose answer was lost is made again at once, before anybody used the secret, and then for another input. */
const createTwice: Step = async (model, { admin }) => {
  const name = `key ${model.keys.length}`;
  const input = { name, environment: "local" as const, requestsPerMinute: 10_000, permissions: ["files:*"] };
  const idempotencyKey = crypto.randomUUID();
  const { key, secret } = await admin.keys.create({ ...input, idempotencyKey });
  const again = await admin.keys.create({ ...input, idempotencyKey });
  expect(again.key.id).toBe(key.id);
  expect(await codeOf(admin.keys.create({ ...input, name: "another", idempotencyKey }))).toBe("CONFLICT");
  const made = newKey({ id: key.id, name, project: "default", expiresMs: null, secret });
  replaceCurrent(made, again.secret);
  model.keys.push(made);
};

/** The version that overlaps keeps its end; the one that nobody got ends at once. */
const rotateTwice = (at: number, overlapMs: number): Step =>
  onKey(at, async ({ model, real, key }) => {
    const input = { keyId: key.id, overlapMs, idempotencyKey: crypto.randomUUID() };
    const status = statusOf(model, key);
    const expected = key.deleted ? "NOT_FOUND" : status === "revoked" || status === "expired" ? "CONFLICT" : null;
    if (expected !== null) return expect(await codeOf(real.admin.keys.rotate(input))).toBe(expected);
    const { secret } = await real.admin.keys.rotate(input);
    for (const old of key.secrets) {
      const endsMs = old.endsMs === null ? model.nowMs + overlapMs : model.nowMs;
      old.endsMs = Math.min(old.endsMs ?? endsMs, endsMs);
    }
    addCurrent(key, secret);
    replaceCurrent(key, (await real.admin.keys.rotate(input)).secret);
    expect(await codeOf(real.admin.keys.rotate({ ...input, overlapMs: overlapMs + 1 }))).toBe("CONFLICT");
    // Another rotation: whoever asks again for the first one would get what is not current any more.
    const { secret: next } = await real.admin.keys.rotate({ keyId: key.id });
    expect(await codeOf(real.admin.keys.rotate(input))).toBe("CONFLICT");
    for (const old of key.secrets) old.endsMs = Math.min(old.endsMs ?? model.nowMs, model.nowMs);
    addCurrent(key, next);
  });

export const idempotentCommands = [
  fc.constant(null).map(() => command(named("createTwice"), createTwice)),
  fc
    .tuple(index, fc.constantFrom(0, MINUTE_MS))
    .map(([key, overlapMs]) => command(named("rotateTwice", key, overlapMs), rotateTwice(key, overlapMs))),
];
