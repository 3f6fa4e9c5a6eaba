import type { AptPackages } from "../debian/apt-root.ts";
import type { TestbedEnv } from "../env.ts";

/** What differs between the two servers. */
export type Flavour = {
  readonly id: "mysql" | "mariadb";
  readonly title: string;
  readonly urlVariable: "MYSQL_URL" | "MARIADB_URL";
  readonly givenUrl: (env: TestbedEnv) => string | null;
  readonly container: { readonly image: string; readonly env: Readonly<Record<string, string>> };
  readonly apt: AptPackages;
  readonly serverProgram: string;
  /** The command that fills an empty data directory; root has no password. */
  readonly initialise: (dataDir: string) => readonly string[];
  /** Flags for serving, in addition to the data directory and the port. */
  readonly serveFlags: readonly string[];
};

// A killed process loses nothing that it handed to the kernel: durability against power cuts is not what is tested.
const CHEAP_COMMITS = ["--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0"];

export const mysql: Flavour = {
  id: "mysql",
  title: "MySQL",
  urlVariable: "MYSQL_URL",
  givenUrl: (env) => env.mysqlUrl,
  container: { image: "mysql:9.7", env: { MYSQL_ALLOW_EMPTY_PASSWORD: "yes" } },
  // Debian's releases carry MariaDB only.
  apt: { suite: "sid", packages: ["mysql-server-core", "mysql-client-core"] },
  serverProgram: "mysqld",
  initialise: (dataDir) => ["mysqld", "--no-defaults", "--initialize-insecure", `--datadir=${dataDir}`],
  serveFlags: ["--mysqlx=OFF", "--secure-file-priv=", "--disable-log-bin", ...CHEAP_COMMITS],
};

export const mariadb: Flavour = {
  id: "mariadb",
  title: "MariaDB",
  urlVariable: "MARIADB_URL",
  givenUrl: (env) => env.mariadbUrl,
  container: { image: "mariadb:11.8", env: { MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: "yes" } },
  apt: { suite: null, packages: ["mariadb-server-core", "mariadb-client-core"] },
  serverProgram: "mariadbd",
  initialise: (dataDir) => [
    "mariadb-install-db",
    "--no-defaults",
    `--datadir=${dataDir}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    "--innodb-log-file-size=32M",
  ],
  serveFlags: ["--secure-file-priv=", "--innodb-log-file-size=32M", ...CHEAP_COMMITS],
};
