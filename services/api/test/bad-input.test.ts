import { ErrorBody, type ProcedurePath, procedurePaths, procedures, VerifyInput } from "@itsy/contract";
import { accessTable } from "@itsy/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";

import { callProcedure } from "./api/call.ts";
import { fuzzSeed } from "./api/fuzz-seed.ts";
import { samples, type Things } from "./api/samples.ts";
import { spoil } from "./api/spoil.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { makePlace, makeThings, type Place } from "./api/things.ts";
import { dumpSqlite } from "./database/dump.ts";

const seed = fuzzSeed();

let api: TestApi;
let place: Place;
let things: Things;

beforeAll(async () => {
  api = await startTestApi();
  place = await makePlace(api, "acme");
  things = await makeThings(api, place);
});
afterAll(() => api[Symbol.asyncDispose]());

const schemaOf = (path: ProcedurePath): z.ZodType => {
  const [router, name] = path.split(".") as [keyof typeof procedures, string];
  return (procedures[router] as unknown as Record<string, { input: z.ZodType }>)[name]?.input as z.ZodType;
};

/** A token that may call the procedure: only the input is at fault. */
const tokenFor = (path: ProcedurePath): string => {
  const [role] = accessTable[path];
  if (role === "operator") return api.operatorToken;
  return role === "reconciler" ? place.reconcilerToken : place.tenant.tokens[role];
};

const verifyDoor = async (body: string) => {
  const response = await fetch(`${api.url}/v1/verify`, {
    method: "POST",
    headers: { authorization: `Bearer ${place.tenant.tokens.verifier}`, "content-type": "application/json" },
    body,
  });
  return { status: response.status, json: (await response.json()) as { error?: unknown } };
};

describe.each(procedurePaths)("%s", (path) => {
  test("refuses each field that does not fit, with a code and the field's name, and writes nothing", async () => {
    const schema = schemaOf(path);
    const bad = spoil(samples[path](things)).filter(({ input }) => !schema.safeParse(input).success);
    const token = tokenFor(path);
    const before = dumpSqlite(api.databaseUrl);
    for (const { name, input } of bad) {
      const { status, code, error } = await callProcedure(api.url, path, { token, input });
      expect([name, status, code]).toEqual([name, 400, "INVALID_INPUT"]);
      expect(error?.issues?.length).toBeGreaterThan(0);
    }
    expect(dumpSqlite(api.databaseUrl)).toBe(before);
    // The table is not hollow: every field was spoilt in many ways.
    for (const [field, ways] of Object.entries(Object.groupBy(bad, ({ field }) => field))) {
      expect([field, (ways?.length ?? 0) >= (field.endsWith("*") ? 1 : 6)]).toEqual([field, true]);
    }
    const fields = new Set(bad.map(({ field }) => field));
    for (const key of Object.keys(samples[path](things))) expect([...fields]).toContain(key);
  });

  test("refuses junk of any shape, and writes nothing", async () => {
    const schema = schemaOf(path);
    const token = tokenFor(path);
    const before = dumpSqlite(api.databaseUrl);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (input) => {
        fc.pre(!schema.safeParse(input).success);
        const { status, code } = await callProcedure(api.url, path, { token, input });
        expect([status, code]).toEqual([400, "INVALID_INPUT"]);
      }),
      { numRuns: 25, seed },
    );
    expect(dumpSqlite(api.databaseUrl)).toBe(before);
  });

  test("refuses bodies that are no JSON, too large, or of another type", async () => {
    const headers = { authorization: `Bearer ${tokenFor(path)}`, "content-type": "application/json" };
    const before = dumpSqlite(api.databaseUrl);
    const post = async (body: string, more: Record<string, string> = {}) => {
      const response = await fetch(`${api.url}/trpc/${path}`, {
        method: "POST",
        headers: { ...headers, ...more },
        body,
      });
      const { error } = (await response.json()) as { error: { data: { error: unknown } } };
      return [response.status, ErrorBody.parse(error.data.error).code];
    };
    expect(await post('{"secret":')).toEqual([400, "MALFORMED_BODY"]);
    expect(await post("itsy")).toEqual([400, "MALFORMED_BODY"]);
    expect(await post(JSON.stringify({ pad: "x".repeat(70_000) }))).toEqual([413, "PAYLOAD_TOO_LARGE"]);
    expect(await post("a=b", { "content-type": "application/x-www-form-urlencoded" })).toEqual([
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ]);
    expect(await post("{}", { "content-type": "application/octet-stream" })).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
    expect(dumpSqlite(api.databaseUrl)).toBe(before);
  });
});

describe("POST /v1/verify", () => {
  test("refuses each field that does not fit", async () => {
    const good = samples["keys.verify"](things);
    for (const { name, input } of spoil(good)) {
      const { status, json } = await verifyDoor(JSON.stringify(input));
      const isFit = VerifyInput.safeParse(input).success;
      expect([name, status]).toEqual([name, isFit ? 200 : 400]);
      if (!isFit) expect(ErrorBody.parse(json.error)).toMatchObject({ code: "INVALID_INPUT" });
    }
  });

  test.each(["", "{", "undefined", '{"secret":"itsy_production_sk_', "\u0000", "[", '"text'])(
    "refuses the body %j",
    async (body) => {
      const { status, json } = await verifyDoor(body);
      expect([status, ErrorBody.parse(json.error).code]).toEqual([400, "MALFORMED_BODY"]);
    },
  );
});

test("a batch of more than ten calls is refused, and one of ten is answered", async () => {
  const batch = async (count: number) => {
    const paths = Array.from({ length: count }, () => "keys.list").join(",");
    const response = await fetch(`${api.url}/trpc/${paths}?batch=1`, {
      method: "POST",
      headers: { authorization: `Bearer ${place.tenant.tokens.admin}`, "content-type": "application/json" },
      body: JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [index, {}]))),
    });
    return response.status;
  };
  expect(await batch(10)).toBe(200);
  expect(await batch(11)).toBe(400);
});
