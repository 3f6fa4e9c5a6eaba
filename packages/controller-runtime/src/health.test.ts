import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";

import { createHealthHandler, type HealthCheck, reflectorHears, workersMove } from "./health.ts";
import { ConfigMaps } from "./resources.ts";

const good: HealthCheck = { name: "good", problem: () => null };

const ask = async (checks: readonly HealthCheck[], path: string, method = "GET") => {
  const handle = createHealthHandler({ live: checks, ready: [good] });
  const server = createServer((request, response) => {
    if (!handle(request, response)) response.writeHead(404).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method });
    return [answer.status, await answer.text()];
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

test("without a problem the answer is 200, with one 503 and what it is; other requests are left to others", async () => {
  const broken: HealthCheck = {
    name: "broken",
    problem: () => {
      throw new Error("internal detail");
    },
  };
  const ill: HealthCheck = { name: "ill", problem: () => "has a cold" };
  expect(await ask([good], "/healthz")).toEqual([200, "ok\n"]);
  expect(await ask([good, ill, broken], "/healthz?verbose")).toEqual([
    503,
    "ill: has a cold\nbroken: the check itself failed\n",
  ]);
  expect(await ask([ill], "/readyz")).toEqual([200, "ok\n"]);
  expect(await ask([good], "/metrics")).toEqual([404, ""]);
  expect(await ask([good], "/healthz", "POST")).toEqual([404, ""]);
});

test("a worker is stuck past the bound and not before", () => {
  const check = (longestRunningMs: number) =>
    workersMove(
      { name: "copier", health: () => ({ synced: true, activeWorkers: 1, longestRunningMs }) },
      { stuckAfterMs: 60_000 },
    );
  expect(check(60_000).problem()).toBeNull();
  expect(check(61_000).name).toBe("controller copier");
  expect(check(61_000).problem()).toBe("a reconciliation has been running for 61 s");
});

test("a reflector is stuck when it has heard nothing past its bound", () => {
  const check = (silentMs: number) =>
    reflectorHears({ type: ConfigMaps, health: () => ({ silentMs, silentMaxMs: 400_000 }) });
  expect(check(400_000).problem()).toBeNull();
  expect(check(400_001).problem()).toBe("has heard nothing for 400 s");
});
