import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dieWithParent, waitUntil } from "@itsy/testbed";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type Cluster, startCluster } from "./cluster.ts";
import { gapAfterMs, overlapsIn, termsOf } from "./leader/acting-log.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const bounds = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 200 };
/** Nobody may act in between: the leader gives up this long before anybody else may lead. */
const marginMs = bounds.leaseDurationMs - bounds.renewDeadlineMs;

interface Candidate extends AsyncDisposable {
  readonly identity: string;
  readonly proxy: TcpProxy;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly exited: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

let cluster: Cluster;
let dir: string;
beforeAll(async () => {
  cluster = await startCluster();
  dir = await mkdtemp(join(tmpdir(), "itsy-leader-"));
  await writeFile(join(dir, "log"), "");
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

const readLog = (): Promise<string> => readFile(join(dir, "log"), "utf8");
const terms = async () => termsOf(await readLog());

const startCandidate = async (identity: string): Promise<Candidate> => {
  const proxy = await startTcpProxy(cluster.port);
  const main = fileURLToPath(new URL("leader/candidate.ts", import.meta.url));
  const own = [
    cluster.controlPlane.kubeconfigPath,
    String(proxy.port),
    join(dir, "log"),
    identity,
    JSON.stringify(bounds),
  ];
  const node = { file: process.execPath, args: ["--conditions=@itsy/source", main, ...own] };
  const { file, args } = await dieWithParent(node, process.env["PATH"] ?? "");
  const child: ChildProcess = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"] });
  const exited = once(child, "exit") as unknown as Candidate["exited"];
  await waitUntil(async () => (await readLog()).includes(` ${identity} ready`), {
    what: `${identity} is there`,
    timeoutMs: 60_000,
  });
  const dispose = async () => {
    child.kill("SIGKILL");
    await exited;
    await proxy[Symbol.asyncDispose]();
  };
  return { identity, proxy, kill: (signal) => void child.kill(signal), exited, [Symbol.asyncDispose]: dispose };
};

const untilActs = async (identity: string): Promise<void> => {
  await waitUntil(async () => (await terms()).some((term) => term.identity === identity), {
    what: `${identity} leads`,
    timeoutMs: 60_000,
  });
};

/** The leader and, once it acts, the one that is to follow it. */
const startPair = async (owned: AsyncDisposableStack, name: string): Promise<readonly [Candidate, Candidate]> => {
  const leader = owned.use(await startCandidate(`${name}-leader`));
  await untilActs(leader.identity);
  return [leader, owned.use(await startCandidate(`${name}-next`))];
};

const end = async ({ kill, exited }: Candidate): Promise<void> => {
  kill("SIGTERM");
  await exited;
};

const expectNoOverlap = async (): Promise<void> => expect(overlapsIn(await terms())).toEqual([]);

test("killed: the next one leads after the lease has run out", async () => {
  await using owned = new AsyncDisposableStack();
  const [leader, next] = await startPair(owned, "killed");
  leader.kill("SIGKILL");
  await untilActs(next.identity);
  await end(next);
  await expectNoOverlap();
  expect(gapAfterMs(await terms(), leader.identity)).toBeGreaterThanOrEqual(marginMs);
}, 180_000);

test("stopped past its lease: it acts no more when it wakes up, and ends", async () => {
  await using owned = new AsyncDisposableStack();
  const [leader, next] = await startPair(owned, "stopped");
  leader.kill("SIGSTOP");
  await untilActs(next.identity);
  leader.kill("SIGCONT");
  expect(await leader.exited).toEqual([1, null]);
  await end(next);
  await expectNoOverlap();
  expect(gapAfterMs(await terms(), leader.identity)).toBeGreaterThanOrEqual(marginMs);
}, 180_000);

test.each([
  ["silent", (proxy: TcpProxy) => proxy.stall(true)],
  [
    "refused",
    (proxy: TcpProxy) => {
      proxy.refuse(true);
      proxy.cut();
    },
  ],
] as const)(
  "partitioned, its connection %s: it ends before anybody else leads",
  async (name, partition) => {
    await using owned = new AsyncDisposableStack();
    const [leader, next] = await startPair(owned, `partitioned-${name}`);
    partition(leader.proxy);
    expect(await leader.exited).toEqual([1, null]);
    await untilActs(next.identity);
    await end(next);
    await expectNoOverlap();
    expect(gapAfterMs(await terms(), leader.identity)).toBeGreaterThanOrEqual(marginMs);
  },
  180_000,
);

test("asked to end: the next one leads long before the lease would have run out", async () => {
  await using owned = new AsyncDisposableStack();
  const [leader, next] = await startPair(owned, "asked");
  leader.kill("SIGTERM");
  expect(await leader.exited).toEqual([0, null]);
  await untilActs(next.identity);
  await end(next);
  await expectNoOverlap();
  expect(gapAfterMs(await terms(), leader.identity)).toBeLessThan(bounds.leaseDurationMs);
}, 180_000);

test("the judge finds two who act at once", () => {
  const log = ["1000000 a act", "9000000 b act", "12000000 a act", "20000000 b act", "30000000 b lost", ""].join("\n");
  expect(termsOf(log)).toEqual([
    { identity: "a", fromMs: 1, toMs: 12 },
    { identity: "b", fromMs: 9, toMs: 20 },
  ]);
  expect(overlapsIn(termsOf(log))).toEqual(["b began 3.0 ms before a ended"]);
});
