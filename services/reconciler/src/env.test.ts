import { expect, test } from "vitest";

import { EnvError, readEnv, tokenOf } from "./env.ts";

const least = { ITSY_URL: "http://127.0.0.1:4700", ITSY_TOKEN: "itsy_mt_x" };

test("two settings are enough", () => {
  expect(readEnv(least)).toMatchObject({
    NAMESPACE: "itsy-system",
    CONCURRENCY: 16,
    DELIVER_WITHIN: 3_600_000,
    RESYNC: 60_000,
    RESYNC_PER_SECOND: 20,
    RECONCILE_TIMEOUT: 300_000,
    METRICS_PORT: 8080,
    LEADER_ELECTION: true,
    LEASE_DURATION: 15_000,
  });
  expect(tokenOf(readEnv(least))).toBe("itsy_mt_x");
});

test("durations, numbers, switches and fault points are parsed; an empty variable is none", () => {
  const env = readEnv({
    ...least,
    DELIVER_WITHIN: "1h30m",
    CONCURRENCY: "3",
    LEADER_ELECTION: "false",
    ITSY_FAULT_AT: "after:publish",
    WATCH_NAMESPACE: "",
  });
  expect(env).toMatchObject({
    DELIVER_WITHIN: 5_400_000,
    CONCURRENCY: 3,
    LEADER_ELECTION: false,
    ITSY_FAULT_AT: { fault: "after", effect: "publish", occurrence: 1 },
  });
  expect(env.WATCH_NAMESPACE).toBeUndefined();
});

test.each([
  ["ITSY_URL", "not-a-url"],
  ["ITSY_URL", ""],
  ["ITSY_TOKEN", ""],
  ["ITSY_TOKEN_FILE", "/both/given"],
  ["DELIVER_WITHIN", "30s"],
  ["DELIVER_WITHIN", "25h"],
  ["DELIVER_WITHIN", "soon"],
  ["RESYNC", "10ms"],
  ["RESYNC_PER_SECOND", "0"],
  ["CONCURRENCY", "0"],
  ["METRICS_PORT", "70000"],
  ["LOG_LEVEL", "loud"],
  ["LEASE_DURATION", "5s"],
  ["ITSY_FAULT_AT", "publish"],
])("%s = %j is refused, by its name and without any value", (name, value) => {
  const error = (() => {
    try {
      return readEnv({ ...least, [name]: value });
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(EnvError);
  expect((error as Error).message).toContain(name === "ITSY_TOKEN_FILE" ? "ITSY_TOKEN" : name);
  expect((error as Error).message).not.toContain("itsy_mt_x");
});
