import { ItsyError } from "@itsy/client";
import type { KeyView, RefusalCode, Verification } from "@itsy/contract";
import fc from "fast-check";
import { expect } from "vitest";

import { startTestApi } from "../api/start-test-api.ts";
import type { DatabaseKind } from "../database/fresh-database.ts";
import { IP, MINUTE_MS, type Model, type ModelKey, PERMISSION, refusal, statusOf } from "./model.ts";

export const world = async (kind: DatabaseKind) => {
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
export type Real = Awaited<ReturnType<World["fresh"]>> & { readonly api: World["api"] };

export const codeOf = async (call: Promise<unknown>): Promise<string | null> =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof ItsyError ? error.code : String(error)),
  );

export type Step = (model: Model, real: Real) => Promise<void>;

/** A command on one of the keys so far; none while there is none. */
export const onKey =
  (index: number, step: (context: { model: Model; real: Real; key: ModelKey }) => Promise<void>): Step =>
  async (model, real) => {
    const key = model.keys[index % Math.max(1, model.keys.length)];
    if (key !== undefined) await step({ model, real, key });
  };

export const inMs = (model: Model, ms: number) => new Date(model.nowMs + ms).toISOString();

/** A change that a revoked key refuses and a deleted one does not know. */
export const change = (
  index: number,
  call: (real: Real, key: ModelKey, model: Model) => Promise<unknown>,
  apply: (key: ModelKey, model: Model) => void,
): Step =>
  onKey(index, async ({ model, real, key }) => {
    const expected = key.deleted ? "NOT_FOUND" : key.revoked ? "CONFLICT" : null;
    expect(await codeOf(call(real, key, model))).toBe(expected);
    if (expected === null) apply(key, model);
  });

type Facts = Pick<
  KeyView,
  | "id"
  | "project"
  | "name"
  | "requestsPerMinute"
  | "owner"
  | "metadata"
  | "revision"
  | "permissions"
  | "ipRules"
  | "status"
>;

/** What of a key the model knows. */
const factsOf = (key: Facts): Facts => {
  const { id, project, name, requestsPerMinute, owner, metadata, revision, permissions, ipRules, status } = key;
  return { id, project, name, requestsPerMinute, owner, metadata, revision, permissions, ipRules, status };
};

/** After every command: each secret that ever was, and each key that is there, are as the model says. */
const check: Step = async (model, { admin, verdict }) => {
  for (const key of model.keys) {
    for (const secret of key.secrets) expect(await verdict(secret.text)).toBe(refusal(model, key, secret));
  }
  const present = model.keys.filter(({ deleted }) => !deleted);
  const { keys } = await admin.keys.list({ limit: 100 });
  const expected = present.map((key) => factsOf({ ...key, status: statusOf(model, key) })).toReversed();
  expect(keys.map(factsOf)).toEqual(expected);
  const projects = new Map((await admin.projects.list({})).projects.map(({ slug, name }) => [slug, name]));
  projects.delete("default");
  expect(projects).toEqual(model.projects);
  const counts = { active: 0, paused: 0, expired: 0, revoked: 0, total: present.length, capped: false };
  for (const key of present) counts[statusOf(model, key)] += 1;
  expect(await admin.keys.count({})).toEqual(counts);
};

export const command = (name: string, step: Step): fc.AsyncCommand<Model, Real> => ({
  check: () => true,
  run: async (model, real) => {
    await step(model, real);
    await check(model, real);
  },
  toString: () => name,
});

export const index = fc.nat(3);
export const span = fc.constantFrom(1, MINUTE_MS, 10 * MINUTE_MS);
export const named = (name: string, ...values: unknown[]) => `${name}(${values.join(", ")})`;
