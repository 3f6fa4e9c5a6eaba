import { type ProcedurePath, procedurePaths, type Role } from "@itsy/contract";
import { accessTable } from "@itsy/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { callProcedure } from "./api/call.ts";
import { samples, type Things } from "./api/samples.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { makePlace, makeThings, type Place, unknownThings } from "./api/things.ts";

const roles: readonly Role[] = ["operator", "admin", "developer", "viewer", "verifier", "reconciler"];
const table = procedurePaths.flatMap((path) => roles.map((role) => ({ path, role })));

let api: TestApi;
let own: Place;
let foreign: Place;

beforeAll(async () => {
  api = await startTestApi();
  own = await makePlace(api, "acme");
  foreign = await makePlace(api, "rival");
});
afterAll(() => api[Symbol.asyncDispose]());

const tokenOf = (role: Role): string => {
  if (role === "operator") return api.operatorToken;
  return role === "reconciler" ? own.reconcilerToken : own.tenant.tokens[role];
};

const call = (path: ProcedurePath, role: Role, things: Things) =>
  callProcedure(api.url, path, { token: tokenOf(role), input: samples[path](things) });

const isAdmitted = ({ path, role }: { path: ProcedurePath; role: Role }) =>
  (accessTable[path] as readonly Role[]).includes(role);

/** Everything that the other workspace can see of itself. */
const foreignState = async () => {
  const { keys, tokens, projects } = api.client(foreign.tenant.tokens.admin);
  return { keys: await keys.list({}), tokens: await tokens.list({}), projects: await projects.list({}) };
};

describe.each(table.filter((row) => !isAdmitted(row)))("$path is not for the role $role:", ({ path, role }) => {
  test("FORBIDDEN, whatever it names", async () => {
    for (const things of [await makeThings(api, own), await makeThings(api, foreign), unknownThings()]) {
      expect(await call(path, role, things)).toMatchObject({ status: 403, code: "FORBIDDEN" });
    }
  });
});

describe.each(table.filter(isAdmitted))("$path called by the role $role", ({ path, role }) => {
  test("works on what is its own", async () => {
    expect(await call(path, role, await makeThings(api, own))).toMatchObject({ status: 200, code: null });
  });
});

// The operator belongs to the whole installation: nothing of it is foreign.
const bound = table.filter((row) => isAdmitted(row) && row.role !== "operator");
describe.each(bound)("$path called by the role $role", ({ path, role }) => {
  test("cannot tell what is another workspace's from what does not exist", async () => {
    const things = await makeThings(api, foreign);
    const before = await foreignState();
    const answer = await call(path, role, things);
    const nothing = unknownThings();
    const answerToNothing = await call(path, role, nothing);

    expect(await foreignState()).toEqual(before);
    expect([answer.status, answer.code]).toEqual([answerToNothing.status, answerToNothing.code]);
    if (answer.code === null) {
      const told = answer.text;
      const { keyId, tokenId } = things;
      for (const trace of [keyId, tokenId, foreign.cluster, `of ${foreign.tenant.slug}`])
        expect(told).not.toContain(trace);
    } else {
      expect(["NOT_FOUND", "FORBIDDEN"]).toContain(answer.code);
      const same = answerToNothing.text.replaceAll(nothing.workspace, things.workspace);
      expect(answer.text).toBe(same);
    }
  });
});

test.each(procedurePaths)("%s without a token, or with one that is wrong: UNAUTHENTICATED", async (path) => {
  const input = samples[path](unknownThings());
  const mistyped = `${api.operatorToken.slice(0, -1)}${api.operatorToken.endsWith("a") ? "b" : "a"}`;
  for (const token of [undefined, "", "x", mistyped, own.tenant.slug]) {
    const answer = await callProcedure(api.url, path, { input, ...(token !== undefined && { token }) });
    expect(answer).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
  }
});
