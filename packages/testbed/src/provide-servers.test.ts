import { expect, test } from "vitest";
import { type ProvidedServers, provideServers } from "./provide-servers.ts";

/** What a suite is given with this environment; servers are stopped again at once. */
const provided = async (env: Record<string, string>): Promise<ProvidedServers> => {
  const saved = { ...process.env };
  Object.assign(process.env, env);
  try {
    let servers: ProvidedServers = {};
    const project = { provide: (_key: string, value: ProvidedServers) => void (servers = value) };
    const teardown = await provideServers({ mysql: true })(project);
    await teardown();
    return servers;
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, saved);
  }
};

const nobody = "mysql://root@127.0.0.1:1";

test("by hand, a server that is missing is said to be missing, and why", async () => {
  const { mysql, mariadb } = await provided({ CI: "", MYSQL_URL: nobody });
  expect(mysql).toMatchObject({ available: false, reason: expect.stringContaining("MYSQL_URL") });
  expect(mariadb).toBeUndefined();
});

test("in CI, a server that is missing fails the run", async () => {
  await expect(provided({ CI: "true", MYSQL_URL: nobody })).rejects.toMatchObject({ code: "TESTBED_UNAVAILABLE" });
});
