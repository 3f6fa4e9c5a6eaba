import fc from "fast-check";
import { expect } from "vitest";

import { addCurrent, MINUTE_MS, newKey, SOME_PROJECT, statusOf } from "./model.ts";
import { change, codeOf, command, index, inMs, named, onKey, type Step, span } from "./steps.ts";

const create =
  (lifeMs: number | null): Step =>
  async (model, { admin }) => {
    const name = `key ${model.keys.length}`;
    const project = model.projects.has(SOME_PROJECT) ? SOME_PROJECT : "default";
    const expiresAt = lifeMs === null ? null : inMs(model, lifeMs);
    const { key, secret } = await admin.keys.create({
      name,
      project,
      environment: "local",
      expiresAt,
      requestsPerMinute: 10_000,
      permissions: ["files:*"],
    });
    const expiresMs = lifeMs === null ? null : model.nowMs + lifeMs;
    model.keys.push(newKey({ id: key.id, name, project, expiresMs, secret }));
  };

const rotate = (index: number, overlapMs: number): Step =>
  onKey(index, async ({ model, real, key }) => {
    const keyId = key.id;
    const status = statusOf(model, key);
    if (key.deleted) return expect(await codeOf(real.admin.keys.rotate({ keyId }))).toBe("NOT_FOUND");
    if (status === "revoked" || status === "expired") {
      return expect(await codeOf(real.admin.keys.rotate({ keyId }))).toBe("CONFLICT");
    }
    const { secret, key: view } = await real.admin.keys.rotate({ keyId, overlapMs });
    for (const old of key.secrets) {
      const endsMs = old.endsMs === null ? model.nowMs + overlapMs : model.nowMs;
      old.endsMs = Math.min(old.endsMs ?? endsMs, endsMs);
    }
    addCurrent(key, secret);
    expect(view.revision).toBe(key.revision);
  });

const finishOverlap = (index: number): Step =>
  onKey(index, async ({ model, real, key }) => {
    const code = await codeOf(real.admin.keys.finishOverlap({ keyId: key.id }));
    expect(code).toBe(key.deleted ? "NOT_FOUND" : null);
    for (const secret of key.secrets) if (secret.endsMs !== null) secret.endsMs = Math.min(secret.endsMs, model.nowMs);
  });

const revoke = (index: number): Step =>
  onKey(index, async ({ real, key }) => {
    expect(await codeOf(real.admin.keys.revoke({ keyId: key.id }))).toBe(key.deleted ? "NOT_FOUND" : null);
    key.revoked = true;
  });

const remove = (index: number, knowsName: boolean): Step =>
  onKey(index, async ({ real, key }) => {
    const confirmName = knowsName ? key.name : "another";
    const expected = key.deleted ? "NOT_FOUND" : knowsName ? null : "INVALID_INPUT";
    expect(await codeOf(real.admin.keys.delete({ keyId: key.id, confirmName }))).toBe(expected);
    if (knowsName) key.deleted = true;
  });

const advance =
  (ms: number): Step =>
  async (model, { api }) => {
    api.clock.advance(ms);
    model.nowMs += ms;
  };

/** What is done to one key, and time that passes. */
export const keyCommands = [
  fc.option(span).map((life) => command(named("create", life), create(life))),
  fc
    .tuple(index, fc.constantFrom(0, MINUTE_MS, 5 * MINUTE_MS))
    .map(([key, overlapMs]) => command(named("rotate", key, overlapMs), rotate(key, overlapMs))),
  index.map((key) => {
    const step = change(
      key,
      ({ admin }, { id }) => admin.keys.pause({ keyId: id }),
      (model) => void (model.paused = true),
    );
    return command(named("pause", key), step);
  }),
  index.map((key) => {
    const step = change(
      key,
      ({ admin }, { id }) => admin.keys.resume({ keyId: id }),
      (model) => void (model.paused = false),
    );
    return command(named("resume", key), step);
  }),
  fc.tuple(index, fc.option(span)).map(([key, life]) => {
    const step = change(
      key,
      ({ admin }, { id }, model) =>
        admin.keys.update({ keyId: id, expiresAt: life === null ? null : inMs(model, life) }),
      (changed, model) => void (changed.expiresMs = life === null ? null : model.nowMs + life),
    );
    return command(named("setExpiry", key, life), step);
  }),
  fc.tuple(index, fc.subarray(["*", "billing", "files:*", "files:read", "files:write"])).map(([key, permissions]) => {
    const step = change(
      key,
      ({ admin }, { id }) => admin.keys.update({ keyId: id, permissions: permissions.toReversed() }),
      (changed) => void (changed.permissions = permissions),
    );
    return command(named("setPermissions", key, permissions), step);
  }),
  fc.tuple(index, fc.subarray(["0.0.0.0/0", "10.0.0.0/8", "192.0.2.0/24", "::/0"])).map(([key, ipRules]) => {
    const step = change(
      key,
      ({ admin }, { id }) => admin.keys.update({ keyId: id, ipRules: ipRules.toReversed() }),
      (changed) => void (changed.ipRules = ipRules),
    );
    return command(named("setIpRules", key, ipRules), step);
  }),
  index.map((key) => command(named("finishOverlap", key), finishOverlap(key))),
  index.map((key) => command(named("revoke", key), revoke(key))),
  fc.tuple(index, fc.boolean()).map(([key, knows]) => command(named("delete", key, knows), remove(key, knows))),
  span.map((ms) => command(named("advance", ms), advance(ms))),
];
