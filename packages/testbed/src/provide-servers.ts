import type { TestProject } from "vitest/node";
import { type ControlPlaneOptions, startControlPlane } from "./control-plane/start.ts";
import type { DatabaseServer } from "./database/database-server.ts";
import { startMariadb, startMysql } from "./database/start.ts";
import { readEnv } from "./env.ts";
import { toStderr } from "./log.ts";
import { isUnavailable } from "./unavailable.ts";

type Missing = { readonly available: false; readonly reason: string };

export type ProvidedDatabase =
  | { readonly available: true; readonly url: string; readonly version: string; readonly source: string }
  | Missing;

export type ProvidedControlPlane =
  | { readonly available: true; readonly server: string; readonly kubeconfigYaml: string; readonly source: string }
  | Missing;

/** What `inject("servers")` gives a test; only what was asked for is there. */
export type ProvidedServers = {
  readonly mysql?: ProvidedDatabase;
  readonly mariadb?: ProvidedDatabase;
  readonly controlPlane?: ProvidedControlPlane;
};

declare module "vitest" {
  interface ProvidedContext {
    servers: ProvidedServers;
  }
}

export type ServersWanted = {
  readonly mysql?: boolean;
  readonly mariadb?: boolean;
  readonly controlPlane?: boolean | Pick<ControlPlaneOptions, "crdPaths" | "controllerManager" | "apiServerFlags">;
};

const describeDatabase = ({ url, version, source }: DatabaseServer): ProvidedDatabase => ({
  available: true,
  url,
  version,
  source,
});

/**
 * For vitest's `globalSetup`: one server of each kind for all test files of a package, stopped after the last one.
 * Tests read it with `inject("servers")` and make a database each with `createDatabaseOn(url)`.
 *
 * A server that cannot be had fails the run with `CI=true`; by hand it is provided as `{ available: false, reason }`,
 * and the last lines of the run name it.
 * ```ts
 * // test/servers.ts, named in vitest.config.ts as globalSetup
 * export default provideServers({ mysql: true, mariadb: true });
 * // x.test.ts
 * const { mysql } = inject("servers");
 * describe.runIf(mysql?.available)("on MySQL", …)
 * ```
 */
export const provideServers =
  (wanted: ServersWanted) =>
  async (project: Pick<TestProject, "provide">): Promise<() => Promise<void>> => {
    const { ci } = readEnv();
    await using starting = new AsyncDisposableStack();
    const notRun: string[] = [];

    const orMissing = async <S extends AsyncDisposable, T>(
      what: string,
      start: () => Promise<S>,
      describe: (server: S) => T,
    ): Promise<T | Missing> => {
      try {
        return describe(starting.use(await start()));
      } catch (error) {
        if (ci || !isUnavailable(error)) throw error;
        notRun.push(`not run, for want of ${what}: ${error.message}`);
        return { available: false, reason: error.message };
      }
    };
    const log = toStderr;
    const startWantedControlPlane = () =>
      startControlPlane({ ...(typeof wanted.controlPlane === "object" ? wanted.controlPlane : {}), log });

    const servers: ProvidedServers = {
      ...(wanted.mysql === true && { mysql: await orMissing("MySQL", () => startMysql({ log }), describeDatabase) }),
      ...(wanted.mariadb === true && {
        mariadb: await orMissing("MariaDB", () => startMariadb({ log }), describeDatabase),
      }),
      ...(wanted.controlPlane !== undefined &&
        wanted.controlPlane !== false && {
          controlPlane: await orMissing(
            "a Kubernetes API server",
            startWantedControlPlane,
            ({ server, kubeconfigYaml, source }): ProvidedControlPlane => ({
              available: true,
              server,
              kubeconfigYaml,
              source,
            }),
          ),
        }),
    };
    project.provide("servers", servers);
    const running = starting.move();
    return async () => {
      await running.disposeAsync();
      for (const line of notRun) log(line);
    };
  };
