import { describe, expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { startKeyChanges as start, viewOf } from "./api/key-changes.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

describe.each(databaseKinds)("changing a key on %s", (kind) => {
  test("paused, is refused until it is resumed; both may be said twice", async () => {
    await using started = await start(kind);
    const { admin, verdict, actions } = started;
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local" });
    const keyId = key.id;
    expect((await verdict(secret)).valid).toBe(true);
    const paused = viewOf(await admin.keys.pause({ keyId }));
    expect(paused.status).toBe("paused");
    expect(await verdict(secret)).toEqual({ valid: false, code: "PAUSED" });
    expect(viewOf(await admin.keys.pause({ keyId }))).toEqual(paused);
    expect((await admin.keys.resume({ keyId })).status).toBe("active");
    expect((await verdict(secret)).valid).toBe(true);
    await admin.keys.resume({ keyId });
    expect(await actions(keyId)).toEqual(["keys.create", "keys.pause", "keys.resume"]);
    await admin.keys.revoke({ keyId });
    expect(await codeOf(admin.keys.pause({ keyId }))).toBe("CONFLICT");
    expect(await codeOf(admin.keys.resume({ keyId }))).toBe("CONFLICT");
  });

  test("an overlap that is finished early ends the old secret at once, and not the new one", async () => {
    await using started = await start(kind);
    const { admin, verdict, actions } = started;
    const first = await admin.keys.create({ name: "a", environment: "local" });
    const keyId = first.key.id;
    const second = await admin.keys.rotate({ keyId, overlapMs: MINUTE_MS });
    expect((await verdict(first.secret)).valid && (await verdict(second.secret)).valid).toBe(true);
    expect((await admin.keys.finishOverlap({ keyId })).retiringUntil).toBeNull();
    expect(await verdict(first.secret)).toEqual({ valid: false, code: "REVOKED" });
    expect((await verdict(second.secret)).valid).toBe(true);
    await admin.keys.finishOverlap({ keyId });
    expect(await actions(keyId)).toEqual(["keys.create", "keys.rotate", "keys.finishOverlap"]);
  });

  test("deleted under its name, is gone with its secrets, and its audit stays", async () => {
    await using started = await start(kind);
    const { admin, verdict, actions } = started;
    const { key, secret } = await admin.keys.create({ name: "a", environment: "local" });
    const keyId = key.id;
    await admin.keys.rotate({ keyId, overlapMs: MINUTE_MS });
    expect((await verdict(secret)).valid).toBe(true);
    expect(await codeOf(admin.keys.delete({ keyId, confirmName: "A" }))).toBe("INVALID_INPUT");
    expect((await verdict(secret)).valid).toBe(true);
    await admin.keys.delete({ keyId, confirmName: "a" });
    expect(await verdict(secret)).toEqual({ valid: false, code: "NOT_FOUND" });
    expect(await codeOf(admin.keys.get({ keyId }))).toBe("NOT_FOUND");
    expect(await codeOf(admin.keys.delete({ keyId, confirmName: "a" }))).toBe("NOT_FOUND");
    expect(await actions(keyId)).toEqual(["keys.create", "keys.rotate", "keys.delete"]);
    const [last] = (await admin.audit.list({ targetId: keyId })).entries;
    expect(last).toMatchObject({ before: { name: "a", revision: 2 }, after: null });
  });

  test("rotated while it is deleted, is gone in the end: the rotation came before, or finds no key", async () => {
    await using started = await start(kind);
    const { admin } = started;
    for (let round = 0; round < 12; round++) {
      const { key } = await admin.keys.create({ name: "a", environment: "local" });
      const [rotated, again, deleted] = await Promise.all([
        codeOf(admin.keys.rotate({ keyId: key.id })),
        codeOf(admin.keys.rotate({ keyId: key.id, idempotencyKey: `rotate-${round}` })),
        codeOf(admin.keys.delete({ keyId: key.id, confirmName: "a" })),
      ]);
      expect(["no error", "NOT_FOUND"]).toContain(rotated);
      expect(["no error", "NOT_FOUND"]).toContain(again);
      expect(deleted).toBe("no error");
      expect(await codeOf(admin.keys.get({ keyId: key.id }))).toBe("NOT_FOUND");
    }
  });

  test("several at once: each is done or refused by itself, in the order of the input", async () => {
    await using started = await start(kind);
    const { admin, verdict } = started;
    const issued = await Promise.all(
      ["a", "b", "c"].map((name) => admin.keys.create({ name, environment: "local" as const })),
    );
    const ids = issued.map(({ key }) => key.id);
    const [a = "", b = "", c = ""] = ids;
    const unknown = `key_${"z".repeat(26)}`;
    await admin.keys.revoke({ keyId: b });
    const paused = await admin.keys.pauseMany({ keyIds: [a, b, unknown, c] });
    expect(paused.results.map((result) => (result.ok ? result.key.status : result.code))).toEqual([
      "paused",
      "CONFLICT",
      "NOT_FOUND",
      "paused",
    ]);
    const revoked = await admin.keys.revokeMany({ keyIds: [c, unknown, a] });
    expect(revoked.results.map((result) => (result.ok ? result.key.id : result.code))).toEqual([c, "NOT_FOUND", a]);
    for (const { secret } of issued) expect(await verdict(secret)).toEqual({ valid: false, code: "REVOKED" });
    const deleted = await admin.keys.deleteMany({
      keys: [
        { keyId: a, confirmName: "a" },
        { keyId: b, confirmName: "wrong" },
        { keyId: a, confirmName: "a" },
      ],
    });
    expect(deleted.results.map((result) => (result.ok ? "done" : result.code))).toEqual([
      "done",
      "INVALID_INPUT",
      "NOT_FOUND",
    ]);
    expect((await admin.keys.list({})).keys.map(({ id }) => id).toSorted()).toEqual([b, c].toSorted());
  });
});
