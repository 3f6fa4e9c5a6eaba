import { existsSync, readFileSync } from "node:fs";

import { procedurePaths, procedures } from "@itsy/contract";
import { accessTable } from "@itsy/core";
import { secretSha256, secretSha256Hex } from "@itsy/key-format";
import { expect, test } from "vitest";
import type { z } from "zod";

import { callProcedure } from "./api/call.ts";
import { samples } from "./api/samples.ts";
import { reportLeaks, SCANNER_KEY, scannerEnv, signed } from "./api/scanner.ts";
import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { makePlace, makeThings, type Place } from "./api/things.ts";

type Tree = Record<string, unknown>;

/** Every input that is a good one with the text in the place of one of its fields, or as a field too many. */
const plant = (good: Tree, text: string): readonly unknown[] => [
  text,
  { ...good, [text]: 1 },
  { ...good, unexpected: text },
  ...Object.entries(good).flatMap(([key, value]) => [
    { ...good, [key]: text },
    { ...good, [key]: [text] },
    ...(typeof value === "object" && value !== null && !Array.isArray(value)
      ? plant(value as Tree, text).map((inner) => ({ ...good, [key]: inner }))
      : []),
  ]),
];

/** A name for people may be any text: who writes a secret there has published it. */
const isFit = (path: (typeof procedurePaths)[number], input: unknown) => {
  const [router, name] = path.split(".") as [keyof typeof procedures, string];
  const { input: schema } = (procedures[router] as unknown as Record<string, { input: z.ZodType }>)[name] as {
    input: z.ZodType;
  };
  return schema.safeParse(input).success;
};

/** Sends the text through every field of every procedure; what was answered. */
const throughProcedures = async (api: TestApi, place: Place, text: string): Promise<string> => {
  const things = await makeThings(api, place);
  let answers = "";
  for (const path of procedurePaths) {
    const [role] = accessTable[path];
    const tokens = { ...place.tenant.tokens, operator: api.operatorToken, reconciler: place.reconcilerToken };
    for (const input of plant(samples[path](things), text).filter((candidate) => !isFit(path, candidate))) {
      answers += (await callProcedure(api.url, path, { token: tokens[role], input })).text;
    }
  }
  return answers;
};

/** Sends the text in every other place of a request; what was answered. */
const throughDoors = async (api: TestApi, place: Place, text: string): Promise<string> => {
  const json = { "content-type": "application/json" };
  const bearer = (token: string) => ({ ...json, authorization: `Bearer ${token}` });
  const requests: [path: string, init: RequestInit][] = [
    [`/${text}`, {}],
    [`/healthz?key=${text}`, {}],
    [`/trpc/${text}`, { headers: bearer(place.tenant.tokens.admin) }],
    [`/trpc/%zz${text}`, { headers: bearer(place.tenant.tokens.admin) }],
    [`/trpc/keys.list?input=${text}`, { headers: bearer(place.tenant.tokens.admin) }],
    [`/trpc/keys.list`, { method: "POST", body: text, headers: bearer(place.tenant.tokens.admin) }],
    [`/trpc/keys.list`, { method: "POST", body: "{}", headers: bearer(text) }],
    [`/trpc/keys.list`, { method: "POST", body: "{}", headers: { "content-type": text } }],
    [`/v1/verify?secret=${text}`, { method: "POST", body: "{}", headers: bearer(place.tenant.tokens.verifier) }],
    ["/v1/verify", { method: "POST", body: text, headers: bearer(place.tenant.tokens.verifier) }],
    ["/v1/verify", { method: "POST", body: `{"secret":"${text}`, headers: bearer(place.tenant.tokens.verifier) }],
    [
      "/v1/verify",
      { method: "POST", body: JSON.stringify({ [text]: text }), headers: bearer(place.tenant.tokens.verifier) },
    ],
    ["/v1/verify", { method: "POST", body: JSON.stringify({ secret: text }), headers: bearer(text) }],
    [
      "/v1/verify",
      { method: "POST", body: JSON.stringify({ secret: text }), headers: bearer(place.tenant.tokens.viewer) },
    ],
    [
      "/v1/verify",
      { method: "POST", body: JSON.stringify({ secret: text }), headers: bearer(place.tenant.tokens.verifier) },
    ],
    [
      "/healthz",
      {
        headers: {
          cookie: `session=${text}`,
          "user-agent": text,
          referer: text,
          "x-api-key": text,
          "x-request-id": text,
        },
      },
    ],
  ];
  const report = JSON.stringify({ leaks: [{ secret: `x${text}`, location: text }] });
  requests.push(
    ["/v1/leaks", { method: "POST", body: report, headers: signed(report, { at: api.clock.now() }) }],
    [
      "/v1/leaks",
      { method: "POST", body: report, headers: { ...json, "webhook-id": text, "webhook-signature": text } },
    ],
    ["/v1/leaks", { method: "POST", body: text, headers: signed(text, { at: api.clock.now() }) }],
    [`/v1/leaks?secret=${text}`, { method: "POST", body: report, headers: json }],
  );
  const answers = await Promise.all(
    requests.map(async ([path, init]) => {
      const response = await fetch(`${api.url}${path}`, init);
      return JSON.stringify([...response.headers]) + (await response.text());
    }),
  );
  return answers.join("\n");
};

const databaseBytes = (api: TestApi): string => {
  const path = api.databaseUrl.replace(/^sqlite:/, "");
  return [path, `${path}-wal`]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "latin1"))
    .join("");
};

test("no secret, token, SHA-256, digest or pepper is anywhere but in the one answer that shows it", async () => {
  const pepper = Buffer.alloc(32, "pepper-that-must-stay-inside");
  await using api = await startTestApi({
    env: { ...scannerEnv, LOG_LEVEL: "trace", PEPPERS: `1:${pepper.toString("base64")}` },
  });
  const place = await makePlace(api, "acme");
  const { keys, tokens, audit } = api.client(place.tenant.tokens.admin);

  const created = await keys.create({ name: "a", environment: "production" });
  const rotated = await keys.rotate({ keyId: created.key.id, overlapMs: 60_000 });
  const token = await tokens.create({ role: "developer", name: "b" });
  const planted = [created.secret, rotated.secret, token.secret, place.tenant.tokens.admin];
  let answers = "";
  for (const text of planted) {
    answers += await throughProcedures(api, place, text);
    answers += await throughDoors(api, place, text);
  }
  // Found in public: marked, told in the audit with the place, and the tokens revoked.
  const other = await keys.create({ name: "c", environment: "production" });
  const spare = await tokens.create({ role: "viewer", name: "d" });
  planted.push(other.secret, spare.secret);
  for (const text of [other.secret, spare.secret]) {
    const location = `https://u:${text}@git.example/${text}?a=${text}#${text}`;
    expect(await reportLeaks(api, [{ secret: text, location }])).toMatchObject({ labels: ["true_positive"] });
  }
  answers += JSON.stringify([
    await audit.list({ action: "leaks.report" }),
    await keys.list({}),
    await tokens.list({}),
    await keys.verify({ secret: created.secret }),
  ]);
  answers += await (await fetch(`${api.url}/metrics`)).text();
  const logs = api.logs();
  const stored = databaseBytes(api);
  expect(logs).toContain('"door":"trpc"');
  expect(stored).toContain(created.key.id);

  const everyToken = [api.operatorToken, place.reconcilerToken, ...Object.values(place.tenant.tokens)];
  const told = answers + logs;
  for (const text of [...planted, ...everyToken]) {
    const sha256 = secretSha256(text);
    const random = text.slice(text.lastIndexOf("_") + 1);
    for (const trace of [text, random, random.slice(0, 12), random.slice(-12)]) {
      expect(told.includes(trace)).toBe(false);
      expect(stored.includes(trace)).toBe(false);
    }
    for (const trace of [secretSha256Hex(text), sha256.toString("base64"), sha256.toString("latin1")]) {
      expect(told.includes(trace)).toBe(false);
      expect(stored.includes(trace)).toBe(false);
    }
  }
  for (const trace of [pepper.toString("latin1"), pepper.toString("base64"), pepper.toString("hex"), SCANNER_KEY]) {
    expect(told.includes(trace)).toBe(false);
    expect(stored.includes(trace)).toBe(false);
  }
}, 120_000);
