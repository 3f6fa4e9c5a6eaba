import { DatabaseSync } from "node:sqlite";

import { type AuditTargetType, type ProcedurePath, type Procedures, procedurePaths, procedures } from "@itsy/contract";
import { accessTable } from "@itsy/core";
import { secretSha256Hex } from "@itsy/key-format";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { callProcedure } from "./api/call.ts";
import { samples, type Things } from "./api/samples.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { makePlace, makeThings, type Place, unknownThings } from "./api/things.ts";

type MutationOf<Router extends keyof Procedures> = {
  [Name in keyof Procedures[Router] & string]: Procedures[Router][Name] extends { readonly type: "mutation" }
    ? `${Router}.${Name}`
    : never;
}[keyof Procedures[Router] & string];
type MutationPath = { [Router in keyof Procedures]: MutationOf<Router> }[keyof Procedures];

/** What each mutation changes, given its sample. A mutation of the contract that is missing here does not compile. */
const changes: { readonly [Path in MutationPath]: readonly AuditTargetType[] } = {
  "keys.create": ["key"],
  "keys.rotate": ["key"],
  "keys.revoke": ["key"],
  "keys.update": ["key"],
  "keys.pause": ["key"],
  // The key of a test is neither paused nor in an overlap.
  "keys.resume": [],
  "keys.finishOverlap": [],
  "keys.delete": ["key"],
  "keys.revokeMany": ["key"],
  "keys.pauseMany": ["key"],
  "keys.deleteMany": ["key"],
  "keys.verify": [],
  "workspaces.create": ["workspace", "project"],
  "workspaces.update": ["workspace"],
  "workspaces.setQuota": ["workspace"],
  "projects.create": ["project"],
  "projects.update": ["project"],
  "projects.delete": ["project"],
  "clusters.create": ["cluster"],
  // The things of a test come with the access.
  "clusters.allow": [],
  "clusters.disallow": ["cluster"],
  "tokens.create": ["token"],
  "tokens.revoke": ["token"],
  "peppers.retire": ["pepper"],
  "delivery.register": ["key"],
  "delivery.confirm": ["key"],
  "delivery.configure": ["key"],
  "delivery.release": ["key"],
  "delivery.adopt": ["key"],
  // Nothing is on its way out.
  "delivery.retire": [],
};
const mutations = Object.keys(changes) as MutationPath[];

/** After which a second, equal call finds nothing to change. */
const repeatable: readonly MutationPath[] = [
  "keys.revoke",
  "keys.pause",
  "keys.revokeMany",
  "keys.pauseMany",
  "clusters.allow",
  "clusters.disallow",
  "tokens.revoke",
  "delivery.confirm",
  "delivery.configure",
  "delivery.release",
  "delivery.adopt",
];

interface Row {
  readonly id: string;
  readonly action: string;
  readonly target_type: string;
  readonly target_id: string;
  readonly token_id: string;
  readonly ip: string;
  readonly user_agent: string;
}

let api: TestApi;
let place: Place;

beforeAll(async () => {
  api = await startTestApi({ env: { TRUSTED_PROXY_HOPS: "1" } });
  place = await makePlace(api, "acme");
});
afterAll(() => api[Symbol.asyncDispose]());

const rows = (): readonly Row[] => {
  const database = new DatabaseSync(api.databaseUrl.replace(/^sqlite:/, ""), { readOnly: true });
  try {
    return database.prepare("SELECT * FROM audit_entries ORDER BY rowid").all() as unknown as Row[];
  } finally {
    database.close();
  }
};

const tokenFor = (path: ProcedurePath): string => {
  const [role] = accessTable[path];
  if (role === "operator") return api.operatorToken;
  return role === "reconciler" ? place.reconcilerToken : place.tenant.tokens[role];
};

const call = (path: ProcedurePath, things: Things) =>
  callProcedure(api.url, path, { token: tokenFor(path), input: samples[path](things) });

/** The entries that `work` added; those before must be as they were. */
const added = async (work: () => Promise<unknown>): Promise<readonly Row[]> => {
  const before = rows();
  await work();
  const after = rows();
  expect(after.slice(0, before.length)).toEqual(before);
  return after.slice(before.length);
};

test("the table has every mutation of the contract", () => {
  const all = procedurePaths.filter((path) => {
    const [router, name] = path.split(".") as [keyof typeof procedures, string];
    return (procedures[router] as unknown as Record<string, { type: string }>)[name]?.type === "mutation";
  });
  expect(mutations.toSorted()).toEqual(all.toSorted());
});

describe.each(mutations)("%s", (path) => {
  test("writes one entry for each thing that it changes, in its name", async () => {
    const things = await makeThings(api, place);
    const entries = await added(async () => expect(await call(path, things)).toMatchObject({ status: 200 }));
    expect(entries.map((entry) => entry.target_type)).toEqual(changes[path]);
    for (const entry of entries) expect(entry).toMatchObject({ action: path, ip: "127.0.0.1", user_agent: "node" });
  });

  test("writes nothing where it is refused", async () => {
    const things = unknownThings();
    const entries = await added(async () => {
      const answer = await call(path, things);
      if (answer.code === null) return;
      expect(["NOT_FOUND", "FORBIDDEN"]).toContain(answer.code);
    });
    const isRefused = (await call(path, unknownThings())).code !== null;
    if (isRefused) expect(entries).toEqual([]);
  });
});

test.each(repeatable)("%s a second time changes nothing and writes nothing", async (path) => {
  const things = await makeThings(api, place);
  await call(path, things);
  expect(await added(async () => expect(await call(path, things)).toMatchObject({ status: 200 }))).toEqual([]);
});

test("no entry has a secret, its SHA-256 or a token in it", async () => {
  const things = await makeThings(api, place);
  const admin = api.client(place.tenant.tokens.admin);
  const rotated = await admin.keys.rotate({ keyId: things.keyId, overlapMs: 1000 });
  const issued = await admin.tokens.create({ role: "viewer", name: "x" });
  const told = JSON.stringify(rows());
  expect(told).toContain(things.keyId);
  for (const secret of [things.secret, rotated.secret, issued.secret, api.operatorToken, place.reconcilerToken]) {
    for (const trace of [secret, secret.slice(-12), secretSha256Hex(secret)]) expect(told).not.toContain(trace);
  }
});
