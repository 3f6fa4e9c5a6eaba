import { readEnv } from "../env.ts";
import { type Log, silent } from "../log.ts";
import { firstOf } from "../sources/source.ts";
import { binariesRequest } from "./binaries.ts";
import type { ControlPlane } from "./control-plane.ts";
import { attachExistingCluster } from "./existing.ts";
import { startOwnedControlPlane } from "./owned.ts";
import { controlPlaneSources } from "./sources.ts";

export type ControlPlaneOptions = {
  /** Files or directories with CRDs to install. */
  readonly crdPaths?: readonly string[];
  /** Keeps etcd, the service-account key, the port and the path of the kubeconfig between starts. */
  readonly dataDir?: string;
  /** Default: a free port, or with `dataDir` that of the last start when it is free. */
  readonly securePort?: number;
  /** Also start kube-controller-manager: garbage collection, namespace deletion, service accounts. */
  readonly controllerManager?: boolean;
  /** Of Kubernetes, for example `1.36.2`. Default: the pinned one. */
  readonly version?: string;
  /** More or other flags of kube-apiserver; null removes a default, an array repeats the flag. */
  readonly apiServerFlags?: Readonly<Record<string, string | string[] | null>>;
  /** Gets progress lines while binaries are downloaded or built. */
  readonly log?: Log;
};

/**
 * Starts a real Kubernetes API server on loopback, about 3 s once the binaries are there.
 * @throws TestbedUnavailableError when there is no source of binaries.
 */
export const startControlPlane = async (options: ControlPlaneOptions = {}): Promise<ControlPlane> => {
  const { controllerManager = false, crdPaths = [], version, log = silent } = options;
  const env = readEnv();
  const request = await binariesRequest(env, { controllerManager, version });
  const { source, value: origin } = await firstOf("kube-apiserver and etcd", controlPlaneSources(request), log);
  await using starting = new AsyncDisposableStack();
  const controlPlane = starting.use(
    origin.kind === "existing"
      ? await attachExistingCluster(source)
      : await startOwnedControlPlane({
          env,
          source,
          binariesDir: origin.dir,
          dataDir: options.dataDir,
          securePort: options.securePort,
          controllerManager,
          apiServerFlags: { ...options.apiServerFlags },
        }),
  );
  if (crdPaths.length > 0) await controlPlane.installCrds(crdPaths);
  starting.move();
  return controlPlane;
};
