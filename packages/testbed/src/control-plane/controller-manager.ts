import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../process/free-port.ts";
import { type ServerProcess, startServerProcess } from "../process/server-process.ts";
import type { Pki } from "./pki.ts";

export type ControllerManagerOptions = {
  readonly binary: string;
  readonly dir: string;
  readonly kubeconfigPath: string;
  readonly pki: Pki;
  readonly path: string;
};

// Its certificate is self-signed; that anything speaks on the port is all that is asked here.
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

/** Brings garbage collection, namespace deletion and service accounts, which an API server alone does not have. */
export const startControllerManager = async (options: ControllerManagerOptions): Promise<ServerProcess> => {
  const port = await freePort();
  return startServerProcess({
    name: "kube-controller-manager",
    command: {
      file: options.binary,
      args: [
        `--kubeconfig=${options.kubeconfigPath}`,
        "--bind-address=127.0.0.1",
        `--secure-port=${port}`,
        "--leader-elect=false",
        "--use-service-account-credentials=false",
        `--service-account-private-key-file=${options.pki.files.saPrivateKey}`,
        `--root-ca-file=${options.pki.files.caCert}`,
        `--cert-dir=${join(options.dir, "controller-manager")}`,
        `--flex-volume-plugin-dir=${join(options.dir, "volume-plugins")}`,
      ],
    },
    isReady: () => answers(port),
    path: options.path,
    // It holds no state; its orderly end only waits.
    stopTimeoutMs: 500,
  });
};
