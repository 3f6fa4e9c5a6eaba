import { ItsyError } from "@itsy/client";
import type { RefusalCode, Verification } from "@itsy/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { startTestApi } from "./api/start-test-api.ts";
import { databaseKinds } from "./database/fresh-database.ts";

const MINUTE_MS = 60_000;

interface ModelSecret {
  readonly text: string;
  /** `null`: current. */
  endsMs: number | null;
}

interface ModelKey {
  readonly id: string;
  readonly name: string;
  expiresMs: number | null;
  permissions: readonly string[];
  ipRules: readonly string[];
  paused: boolean;
  revoked: boolean;
  deleted: boolean;
  revision: number;
  secrets: ModelSecret[];
}

/** What the service promises, in the fewest words. */
interface Model {
  nowMs: number;
  readonly keys: ModelKey[];
}

/** What every question of this test asks. */
const PERMISSION = "files:read";
const IP = "192.0.2.1";
/** Which of the sets below hold it. */
const permitting: ReadonlySet<string> = new Set(["files:*", "files:read", "*"]);
const including: ReadonlySet<string> = new Set(["192.0.2.0/24", "0.0.0.0/0"]);

/** What `verify` must say of a secret; `null`: it is accepted. */
const refusal = (model: Model, key: ModelKey, secret: ModelSecret): RefusalCode | null => {
  if (key.deleted) return "NOT_FOUND";
  if (key.revoked || (secret.endsMs !== null && secret.endsMs <= model.nowMs)) return "REVOKED";
  if (key.paused) return "PAUSED";
  if (key.expiresMs !== null && key.expiresMs <= model.nowMs) return "EXPIRED";
  if (key.ipRules.length > 0 && !key.ipRules.some((rule) => including.has(rule))) return "FORBIDDEN";
  return key.permissions.some((permission) => permitting.has(permission)) ? null : "INSUFFICIENT_PERMISSIONS";
};

const statusOf = (model: Model, key: ModelKey) => {
  if (key.revoked) return "revoked";
  if (key.expiresMs !== null && key.expiresMs <= model.nowMs) return "expired";
  return key.paused ? "paused" : "active";
};

const world = async (kind: (typeof databaseKinds)[number]) => {
  const api = await startTestApi({ kind });
  let tenants = 0;
  /** A workspace of its own for each run. */
  const fresh = async () => {
    const { tokens } = await api.tenant(`run-${(tenants += 1)}`);
    return {
      admin: api.client(tokens.admin),
      verdict: async (secret: string): Promise<RefusalCode | null> => {
        const answer = (await (
          await api.verify(tokens.verifier, { secret, permissions: [PERMISSION], ip: IP })
        ).json()) as Verification;
        return answer.valid ? null : answer.code;
      },
    };
  };
  return { api, fresh, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
};
type World = Awaited<ReturnType<typeof world>>;
type Real = Awaited<ReturnType<World["fresh"]>> & { readonly api: World["api"] };

const codeOf = async (call: Promise<unknown>): Promise<string | null> =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof ItsyError ? error.code : String(error)),
  );

type Step = (model: Model, real: Real) => Promise<void>;

/** A command on one of the keys so far; none while there is none. */
const onKey =
  (index: number, step: (context: { model: Model; real: Real; key: ModelKey }) => Promise<void>): Step =>
  async (model, real) => {
    const key = model.keys[index % Math.max(1, model.keys.length)];
    if (key !== undefined) await step({ model, real, key });
  };

const inMs = (model: Model, ms: number) => new Date(model.nowMs + ms).toISOString();

const create =
  (lifeMs: number | null): Step =>
  async (model, { admin }) => {
    const name = `key ${model.keys.length}`;
    const expiresAt = lifeMs === null ? null : inMs(model, lifeMs);
    const { key, secret } = await admin.keys.create({
      name,
      environment: "local",
      expiresAt,
      requestsPerMinute: 10_000,
      permissions: ["files:*"],
    });
    const expiresMs = lifeMs === null ? null : model.nowMs + lifeMs;
    const access = { permissions: ["files:*"], ipRules: [] };
    const state = { ...access, paused: false, revoked: false, deleted: false, revision: 1, expiresMs };
    model.keys.push({ id: key.id, name, ...state, secrets: [{ text: secret, endsMs: null }] });
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
    key.secrets.push({ text: secret, endsMs: null });
    key.revision += 1;
    expect(view.revision).toBe(key.revision);
  });

/** A change that a revoked key refuses and a deleted one does not know. */
const change = (
  index: number,
  call: (real: Real, key: ModelKey, model: Model) => Promise<unknown>,
  apply: (key: ModelKey, model: Model) => void,
): Step =>
  onKey(index, async ({ model, real, key }) => {
    const expected = key.deleted ? "NOT_FOUND" : key.revoked ? "CONFLICT" : null;
    expect(await codeOf(call(real, key, model))).toBe(expected);
    if (expected === null) apply(key, model);
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

/** After every command: each secret that ever was, and each key that is there, are as the model says. */
const check: Step = async (model, { admin, verdict }) => {
  for (const key of model.keys) {
    for (const secret of key.secrets) expect(await verdict(secret.text)).toBe(refusal(model, key, secret));
  }
  const present = model.keys.filter(({ deleted }) => !deleted);
  const { keys } = await admin.keys.list({ limit: 100 });
  const seen = keys.map(({ id, status, revision, permissions, ipRules }) => ({
    id,
    status,
    revision,
    permissions,
    ipRules,
  }));
  expect(seen).toEqual(
    present
      .map((key) => ({
        id: key.id,
        status: statusOf(model, key),
        revision: key.revision,
        permissions: key.permissions,
        ipRules: key.ipRules,
      }))
      .toReversed(),
  );
  const counts = { active: 0, paused: 0, expired: 0, revoked: 0, total: present.length, capped: false };
  for (const key of present) counts[statusOf(model, key)] += 1;
  expect(await admin.keys.count({})).toEqual(counts);
};

const command = (name: string, step: Step): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  run: async (model, real) => {
    await step(model, real);
    await check(model, real);
  },
  toString: () => name,
});

const index = fc.nat(3);
const span = fc.constantFrom(1, MINUTE_MS, 10 * MINUTE_MS);
const named = (name: string, ...values: unknown[]) => `${name}(${values.join(", ")})`;

const commands = [
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

describe.each(databaseKinds)("the lifecycle on %s", (kind) => {
  test("whatever is done to keys in whatever order, every secret is judged as the model says", async () => {
    await using shared = await world(kind);
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: "max" }), async (sequence) => {
        const real: Real = { ...(await shared.fresh()), api: shared.api };
        await fc.asyncModelRun(
          () => ({ model: { nowMs: shared.api.clock.now().getTime(), keys: [] }, real }),
          sequence,
        );
      }),
      { numRuns: kind === "sqlite" ? 40 : 12 },
    );
  }, 300_000);
});
