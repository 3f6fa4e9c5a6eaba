import { readEnv, type TestbedEnv } from "../env.ts";
import { type Log, silent } from "../log.ts";
import { firstOf, type Source } from "../sources/source.ts";
import { waitUntilServing } from "./connection.ts";
import type { DatabaseServer, Launch } from "./database-server.ts";
import { type Flavour, mariadb, mysql } from "./flavour.ts";
import { aptRootServer } from "./source-apt-root.ts";
import { containerServer } from "./source-container.ts";
import { givenServer } from "./source-given.ts";
import { installedServer } from "./source-installed.ts";
import { createDatabaseOn } from "./test-database.ts";

export type DatabaseOptions = {
  /** Gets progress lines while something is downloaded. */
  readonly log?: Log;
};

/** The sources in the order in which they are tried. */
export const databaseSources = (flavour: Flavour, env: TestbedEnv): readonly Source<Launch>[] => [
  givenServer(flavour, env),
  containerServer(flavour),
  installedServer(flavour, env),
  aptRootServer(flavour, env),
];

const startDatabase = async (flavour: Flavour, { log = silent }: DatabaseOptions): Promise<DatabaseServer> => {
  const { source, value: launch } = await firstOf(`${flavour.title} server`, databaseSources(flavour, readEnv()), log);
  await using starting = new AsyncDisposableStack();
  const engine = starting.use(await launch());
  const version = await waitUntilServing(engine.url);
  const held = starting.move();
  return Object.freeze({
    source,
    url: engine.url,
    version,
    createDatabase: (name?: string) => createDatabaseOn(engine.url, name),
    kill: engine.kill,
    start: engine.start,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  });
};

/**
 * Starts a MySQL server, about 1 s once its programs are there.
 * @throws TestbedUnavailableError when there is no source of one.
 */
export const startMysql = (options: DatabaseOptions = {}): Promise<DatabaseServer> => startDatabase(mysql, options);

/**
 * Starts a MariaDB server, about 1 s once its programs are there.
 * @throws TestbedUnavailableError when there is no source of one.
 */
export const startMariadb = (options: DatabaseOptions = {}): Promise<DatabaseServer> => startDatabase(mariadb, options);
