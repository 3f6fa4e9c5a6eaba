import { homedir } from "node:os";
import { join } from "node:path";

/** What the testbed takes from the environment, read once at each entry point. */
export type TestbedEnv = {
  /** True where a missing server must fail the run instead of being reported. */
  readonly ci: boolean;
  /** Where built and fetched things are kept between runs; outside the checkout. */
  readonly cacheDir: string;
  /** Attach to the cluster of the current kubeconfig instead of starting one. */
  readonly useExistingCluster: boolean;
  /** Directory with `etcd`, `kube-apiserver` and perhaps `kubectl`, as Go's envtest uses it. */
  readonly kubebuilderAssets: string | null;
  readonly mysqlUrl: string | null;
  readonly mariadbUrl: string | null;
  /** The first module proxy of `GOPROXY`, without a slash at its end; null where it names none. */
  readonly goProxy: string | null;
  readonly path: string;
};

const isTrue = (value: string | undefined): boolean => /^(1|true|yes)$/i.test(value ?? "");
const orNull = (value: string | undefined): string | null => (value === undefined || value === "" ? null : value);

/** What Go itself asks where nothing else is said. */
const GO_PROXY_DEFAULT = "https://proxy.golang.org";

/** `GOPROXY` is a list, of which words such as `direct` and `off` are no proxies. */
const firstProxy = (goProxy: string | null): string | null =>
  (goProxy ?? GO_PROXY_DEFAULT)
    .split(/[,|]/)
    .find((entry) => /^https?:/.test(entry))
    ?.replace(/\/+$/, "") ?? null;

export const readEnv = (env: NodeJS.ProcessEnv = process.env): TestbedEnv =>
  Object.freeze({
    ci: isTrue(env["CI"]),
    cacheDir: join(orNull(env["XDG_CACHE_HOME"]) ?? join(homedir(), ".cache"), "itsy-keys"),
    useExistingCluster: isTrue(env["USE_EXISTING_CLUSTER"]),
    kubebuilderAssets: orNull(env["KUBEBUILDER_ASSETS"]),
    mysqlUrl: orNull(env["MYSQL_URL"]),
    mariadbUrl: orNull(env["MARIADB_URL"]),
    goProxy: firstProxy(orNull(env["GOPROXY"])),
    path: env["PATH"] ?? "",
  });
