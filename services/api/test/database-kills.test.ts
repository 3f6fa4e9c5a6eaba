import { startMariadb, startMysql, waitUntil } from "@itsy/testbed";
import { seededRandom } from "@itsy/testing";
import { describe, expect, test } from "vitest";

import { serverKinds } from "./database/fresh-database.ts";
import { checkHistory } from "./linearizability/check-history.ts";
import { post } from "./linearizability/http-post.ts";
import { type Installation, startInstallation } from "./linearizability/installation.ts";
import { live } from "./linearizability/live.ts";
import { call } from "./linearizability/make-change.ts";
import { LIMIT_AT_FIRST } from "./linearizability/one-key.ts";
import { createStage, probe, type Stage, verifyWithoutPause } from "./linearizability/stage.ts";

const start = { mysql: startMysql, mariadb: startMariadb };

const KILLS = 2;
/** The lease (2 s), one answer of the readiness (2 s for the database), and room for a busy machine. */
const NOT_READY_MAX_MS = 10_000;
const READY_MAX_MS = 30_000;

const statusOf = async (url: string | null, path: string): Promise<number> =>
  (await fetch(`${url}${path}`, { signal: AbortSignal.timeout(NOT_READY_MAX_MS) })).status;

const urlsOf = ({ replicas }: Installation) => replicas.map((replica) => replica.url());

/** How each replica answers for a key that works all the time: from memory, from the database, or not at all. */
const askForKnown = async ({ installation }: Stage, secret: string): Promise<readonly number[]> => {
  const answers = await Promise.all(
    urlsOf(installation).map((url) =>
      post(`${url}/v1/verify`, { token: installation.verifierToken, body: { secret } }),
    ),
  );
  for (const answer of answers) {
    if (answer?.status === 200) expect(answer.json).toMatchObject({ valid: true });
    else expect(answer).toMatchObject({ status: 503, json: { error: { code: "UNAVAILABLE" } } });
  }
  return answers.map((answer) => answer?.status ?? 0);
};

const killAndRestart = async (stage: Stage, known: string): Promise<void> => {
  const { installation } = stage;
  const { server } = installation;
  const all = (status: number) => urlsOf(installation).map(() => status);
  const readiness = () => Promise.all(urlsOf(installation).map((url) => statusOf(url, "/readyz")));
  await server.kill();
  await waitUntil(
    async () => {
      // Right from memory as long as the lease lasts, and then nothing at all: never a bad key.
      await askForKnown(stage, known);
      return (await readiness()).every((status) => status === 503);
    },
    { what: "no replica is ready", timeoutMs: NOT_READY_MAX_MS },
  );
  expect(await askForKnown(stage, known)).toEqual(all(503));
  expect(await Promise.all(urlsOf(installation).map((url) => statusOf(url, "/healthz")))).toEqual(all(200));
  await server.start();
  await waitUntil(async () => (await readiness()).every((status) => status === 200), {
    what: "every replica is ready",
    timeoutMs: READY_MAX_MS,
  });
  await waitUntil(async () => (await askForKnown(stage, known)).every((status) => status === 200), {
    what: "every replica verifies",
    timeoutMs: READY_MAX_MS,
  });
};

describe.each(serverKinds)("%s killed under load", (kind) => {
  test("loses nothing that was acknowledged, and the service says how it is and recovers by itself", async () => {
    await using server = await start[kind]();
    await using installation = await startInstallation(server, { kind, replicaCount: 2 });
    const seed = Date.now() % 2 ** 31;
    const stage = createStage(installation, seededRandom(seed));
    const { history, refusals } = stage;
    const input = { name: "known", environment: "production", requestsPerMinute: LIMIT_AT_FIRST };
    const known = await call<{ readonly secret: string }>(stage, "keys.create", input);
    if (known?.ok !== true) throw new Error("no key");
    const over = new AbortController();
    const { signal } = over;
    const busy = [
      live(stage, { revocations: Number.POSITIVE_INFINITY, workers: 8, signal }),
      ...installation.replicas.map((replica) => verifyWithoutPause(stage, replica, signal)),
    ];
    try {
      for (let kills = 0; kills < KILLS; kills += 1) {
        // Not before changes are under way again.
        const before = history.length;
        await waitUntil(() => history.length > before + 150, { what: "clients are busy", timeoutMs: READY_MAX_MS });
        await killAndRestart(stage, known.data.secret);
      }
    } finally {
      over.abort();
      await Promise.allSettled(busy);
    }
    await Promise.all(busy);
    // Of new processes, which remember nothing: what the database says.
    for (const replica of installation.replicas) await replica.restart();
    for (const entry of [...history]) if (entry.kind === "born") await probe(stage, entry);
    await Promise.all(stage.underWay);
    const verdict = checkHistory(history, LIMIT_AT_FIRST);
    expect(verdict.violations, `seed ${seed}`).toEqual([]);
    expect(refusals).toEqual([]);
    expect(verdict.promised["revoke"]).toBeGreaterThan(10);
    expect(verdict.afterTheEnd).toBeGreaterThan(10);
    expect(verdict.accepted).toBeGreaterThan(10);
  }, 300_000);
});
