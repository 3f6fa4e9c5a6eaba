export type Credentials = { readonly kubeconfigPath: string; readonly kubeconfigYaml: string };

export type UserRequest = { readonly name: string; readonly groups?: readonly string[] };

/** A Kubernetes API server with etcd behind it. Disposing it stops what it started and removes its directory. */
export type ControlPlane = AsyncDisposable & {
  /** Where the binaries or the cluster came from. */
  readonly source: string;
  /** For example `https://127.0.0.1:40123`. */
  readonly server: string;
  /** The administrator's kubeconfig file; self-contained. */
  readonly kubeconfigPath: string;
  readonly kubeconfigYaml: string;
  readonly caPem: string;
  /** The administrator's client certificate and key. */
  readonly certPem: string;
  readonly keyPem: string;
  /** A new identity that has no rights until RBAC objects give it some. */
  readonly addUser: (user: UserRequest) => Promise<Credentials>;
  /** Creates or replaces the CRDs of files or directories and waits until they are established. */
  readonly installCrds: (paths: readonly string[]) => Promise<void>;
  /**
   * Stops kube-apiserver alone, or kills it with SIGKILL, and starts it again on the same port and the same etcd.
   * @throws TestbedNotOwnedError on an existing cluster.
   */
  readonly restartApiServer: (options?: { readonly kill?: boolean }) => Promise<void>;
};
