import type { Verification } from "@itsy/contract";
import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { startTestApi, type TestApi } from "./api/start-test-api.ts";
import { freshDatabase, serverKinds } from "./database/fresh-database.ts";

const withCurrent = (version: number) => ({ PEPPER_CURRENT: String(version) });

/** How many digests a replica has moved, or is about to. */
const movesOf = async (api: TestApi): Promise<number> => {
  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  const valueOf = (name: string) => Number(new RegExp(`^${name} (\\d+)`, "m").exec(metrics)?.[1]);
  return valueOf("itsy_repeppered_total") + valueOf("itsy_repepper_waiting");
};

describe.each(serverKinds)("while the current pepper moves, replica after replica, on %s", (kind) => {
  test("what has moved stays moved, whichever replica it is presented to, and no retirement ends it", async () => {
    await using fresh = await freshDatabase(kind);
    const databaseUrl = fresh.url;
    await using old = await startTestApi({ databaseUrl, env: withCurrent(1) });
    const { clock, operatorToken } = old;
    const { tokens } = await old.tenant("acme");
    const admin = old.client(tokens.admin);
    const { secret } = await admin.keys.create({ name: "a", environment: "local" });
    await using young = await startTestApi({ databaseUrl, clock, env: withCurrent(2) });
    const operator = young.client(operatorToken);
    const held = async () =>
      (await operator.peppers.report({})).peppers.map(({ version, secrets, tokens }) => [version, secrets, tokens]);
    const use = async (api: TestApi) =>
      expect(((await (await api.verify(tokens.verifier, { secret })).json()) as Verification).valid).toBe(true);

    await use(young);
    // The operator's and the verifier's token were presented to it; four were not.
    const moved = [
      [1, 0, 3],
      [2, 1, 2],
    ];
    await waitUntil(async () => JSON.stringify(await held()) === JSON.stringify(moved), { what: "all has moved" });
    // Asked of the database: this replica never saw the secret before.
    await use(old);
    await old.client(operatorToken).peppers.report({});
    expect(await movesOf(old)).toBe(0);
    await use(young);
    expect(await held()).toEqual(moved);
    await expect(operator.peppers.retire({ version: 1 })).rejects.toMatchObject({
      message: expect.stringContaining("0 working secrets and 3 tokens"),
    });
    expect(await operator.peppers.retire({ version: 1, confirmCount: 3 })).toMatchObject({ secrets: 0, tokens: 0 });
    await use(young);
    await use(old);
  });

  test("back at a lower number, what has moved works and stays, and only what is new is stored under it", async () => {
    await using fresh = await freshDatabase(kind);
    const databaseUrl = fresh.url;
    await using young = await startTestApi({ databaseUrl, env: withCurrent(2) });
    const { clock, operatorToken } = young;
    const { tokens } = await young.tenant("acme");
    const { secret, key } = await young.client(tokens.admin).keys.create({ name: "a", environment: "local" });
    await using back = await startTestApi({ databaseUrl, clock, env: withCurrent(1) });
    const made = await back.client(tokens.admin).keys.create({ name: "b", environment: "local" });
    for (const each of [secret, made.secret])
      expect(await (await back.verify(tokens.verifier, { secret: each })).json()).toMatchObject({ valid: true });
    expect(await movesOf(back)).toBe(0);
    const { peppers } = await back.client(operatorToken).peppers.report({});
    expect(peppers.map(({ version, secrets }) => [version, secrets])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    const { keys } = await back.client(tokens.admin).keys.health({ keyId: key.id });
    expect(keys[0]?.findings).not.toContain("OLD_PEPPER");
  });
});
