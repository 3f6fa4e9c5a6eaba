import { DatabaseSync } from "node:sqlite";

import { expect, test } from "vitest";

import { codeOf } from "./api/code-of.ts";
import { aSecret, settings, startDelivery } from "./api/start-delivery.ts";

/** In UTC already in the year 10000. */
const BEYOND = "9999-12-31T23:59:59-05:00";
const LAST = "9999-12-31T23:59:59.999Z";

test("an expiry that cannot be written down in UTC is refused at every door, and nothing is made", async () => {
  await using started = await startDelivery("sqlite");
  const { admin, register } = started;
  const { tokens } = await admin.tokens.list({});
  const refused = [
    admin.keys.create({ name: "a", environment: "local", expiresAt: BEYOND }),
    admin.tokens.create({ role: "viewer", name: "a", expiresAt: BEYOND }),
    register(aSecret(), 1, { settings: { ...settings, expiresAt: BEYOND } }),
  ];
  expect(await Promise.all(refused.map(codeOf))).toEqual(refused.map(() => "INVALID_INPUT"));
  expect((await admin.keys.list({})).keys).toEqual([]);
  expect((await admin.tokens.list({})).tokens).toEqual(tokens);
});

test("one that is stored already is shown as the last instant, and spoils no list", async () => {
  await using started = await startDelivery("sqlite");
  const { admin, api, register, observe } = started;
  const { key } = await admin.keys.create({ name: "a", environment: "local" });
  const { token } = await admin.tokens.create({ role: "viewer", name: "a" });
  await register(aSecret(), 1);
  const database = new DatabaseSync(api.databaseUrl.replace(/^sqlite:/, ""));
  const stored = new Date(BEYOND).getTime();
  database.prepare("UPDATE api_keys SET expires_at = ?").run(stored);
  database.prepare("UPDATE management_tokens SET expires_at = ? WHERE id = ?").run(stored, token.id);
  database.close();
  expect((await admin.keys.get({ keyId: key.id })).expiresAt).toBe(LAST);
  expect((await admin.keys.list({})).keys.map(({ expiresAt }) => expiresAt)).toEqual([LAST, LAST]);
  expect((await admin.keys.health({ keyId: key.id })).keys.map(({ expiresAt }) => expiresAt)).toEqual([LAST]);
  expect((await admin.tokens.list({})).tokens.find(({ id }) => id === token.id)?.expiresAt).toBe(LAST);
  expect((await observe()).key?.settings.expiresAt).toBe(LAST);
});
