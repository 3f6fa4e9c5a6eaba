import { createClient, type ItsyClient } from "@itsy/client";
import { waitUntil } from "@itsy/testbed";
import { describe, expect, test } from "vitest";

import { type Spawned, spawnProgram } from "./api/spawn.ts";
import { freshDatabase, serverKinds } from "./database/fresh-database.ts";

const REPLICAS = 2;
const KEYS = 12;
const PATIENCE_MS = 30_000;

interface Ring {
  readonly versions: readonly number[];
  readonly current: number;
}

/** Replicas as processes, of which one at a time gets other settings, as docs/peppers.md tells. */
const createReplicas = (databaseUrl: string, ring: Ring) => {
  const stack = new AsyncDisposableStack();
  const replicas: { program: Spawned; url: string }[] = [];
  const start = async ({ versions, current }: Ring) => {
    const PEPPERS = versions.map((version) => `${version}:${Buffer.alloc(32, version).toString("base64")}`).join(",");
    const env = { DATABASE_URL: databaseUrl, PEPPERS, PEPPER_CURRENT: String(current) };
    const program = stack.use(spawnProgram("main", { env }));
    return { program, url: await program.listening(PATIENCE_MS) };
  };
  return {
    /** The first operator token. */
    start: async (): Promise<string> => {
      while (replicas.length < REPLICAS) replicas.push(await start(ring));
      return /itsy_mt_\w+/.exec(replicas[0]?.program.stdout() ?? "")?.[0] ?? "";
    },
    urls: () => replicas.map(({ url }) => url),
    roll: async (next: Ring) => {
      for (let index = 0; index < REPLICAS; index++) {
        const [old] = replicas.splice(0, 1);
        old?.program.signal("SIGTERM");
        await old?.program.ended;
        replicas.push(await start(next));
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
};

const prepare = async (url: string, operatorToken: string) => {
  const operator = createClient({ url, token: operatorToken });
  await operator.workspaces.create({ slug: "acme", name: "Acme" });
  const token = async (role: "admin" | "verifier") =>
    (await operator.tokens.create({ role, workspace: "acme", name: role })).secret;
  const [adminToken, verifierToken] = [await token("admin"), await token("verifier")];
  const create = async (admin: ItsyClient, name: string) =>
    (await admin.keys.create({ name, environment: "production", requestsPerMinute: 1_000_000 })).secret;
  const admin = createClient({ url, token: adminToken });
  const secrets: string[] = [];
  for (let index = 0; index < KEYS; index++) secrets.push(await create(admin, `key ${index}`));
  return { adminToken, verifierToken, secrets, create };
};

describe.each(serverKinds)("the rotation of a pepper over two processes on %s", (kind) => {
  test("refuses no good key at any step, and ends with the old pepper gone from the settings", async () => {
    await using fresh = await freshDatabase(kind);
    await using replicas = createReplicas(fresh.url, { versions: [1], current: 1 });
    const operatorToken = await replicas.start();
    const url = () => replicas.urls()[0] ?? "";
    const { adminToken, verifierToken, secrets, create } = await prepare(url(), operatorToken);
    const report = async () => {
      const operator = createClient({ url: url(), token: operatorToken });
      const { peppers } = await operator.peppers.report({});
      return peppers.map(({ version, secrets: held, tokens }) => [version, held, tokens]);
    };
    const refused: unknown[] = [];
    const verifyAll = async () => {
      for (const each of replicas.urls()) {
        const verifier = createClient({ url: each, token: verifierToken });
        for (const secret of secrets) {
          const answer = await verifier.keys.verify({ secret });
          if (!answer.valid) refused.push(answer);
        }
      }
    };
    /** One step, with a key made by each replica before and after it. */
    const step = async (ring: Ring) => {
      for (const each of replicas.urls())
        secrets.push(await create(createClient({ url: each, token: adminToken }), "n"));
      await verifyAll();
      await replicas.roll(ring);
      await verifyAll();
    };

    await step({ versions: [1, 2], current: 1 });
    expect((await report())[0]?.slice(0, 2)).toEqual([1, secrets.length]);
    await step({ versions: [1, 2], current: 2 });
    await createClient({ url: url(), token: adminToken }).keys.count({});
    await waitUntil(async () => JSON.stringify((await report())[0]) === "[1,0,0]", {
      what: "everything that was presented is under the new pepper",
      timeoutMs: PATIENCE_MS,
    });
    const operator = createClient({ url: url(), token: operatorToken });
    expect(await operator.peppers.retire({ version: 1 })).toMatchObject({ secrets: 0, tokens: 0 });
    await step({ versions: [2], current: 2 });
    expect(refused).toEqual([]);
    expect(await report()).toEqual([
      [1, 0, 0],
      [2, secrets.length, 3],
    ]);
  }, 120_000);
});
