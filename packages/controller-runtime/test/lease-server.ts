import { type KubeClient, KubeError, type Lease, type Stored } from "../src/index.ts";

type LeaseClient = Pick<KubeClient, "get" | "create" | "replace">;

/** One Lease with the API server's rules for resourceVersion, and as many connections to it as are asked for. */
export interface LeaseServer {
  readonly lease: Lease | null;
  connect(): LeaseConnection;
}

export interface LeaseConnection {
  readonly client: KubeClient;
  /** `up`: works. `refused`: fails at once. `silent`: nothing arrives. `deaf`: requests arrive, answers do not. */
  state: "up" | "refused" | "silent" | "deaf";
}

const unreachable = (): KubeError => new KubeError({ status: 0, reason: "Unreachable", message: "no connection" });
const conflict = (): KubeError => new KubeError({ status: 409, reason: "Conflict", message: "changed meanwhile" });

export const createLeaseServer = (): LeaseServer => {
  let lease: Stored<Lease> | null = null;
  let version = 0;

  const store = ({ metadata, ...rest }: Lease): Stored<Lease> => {
    version += 1;
    const resourceVersion = String(version);
    const creationTimestamp = "2026-11-22T10:00:00Z";
    const made = { ...metadata, uid: "uid", creationTimestamp, resourceVersion };
    lease = { ...rest, apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: made };
    return lease;
  };

  const operations = {
    get: () => lease,
    create: (_: unknown, object: Lease) => {
      if (lease !== null) throw new KubeError({ status: 409, reason: "AlreadyExists", message: "exists" });
      return store(object);
    },
    replace: (_: unknown, object: Lease) => {
      if (lease === null || object.metadata.resourceVersion !== lease.metadata.resourceVersion) throw conflict();
      return store(object);
    },
  };

  const connect = (): LeaseConnection => {
    const connection: { client: KubeClient; state: LeaseConnection["state"] } = {
      state: "up",
      client: Object.fromEntries(
        Object.entries(operations).map(([name, operation]) => [
          name,
          async (type: unknown, object: never, options: { signal?: AbortSignal }) => {
            if (connection.state === "refused") throw unreachable();
            const answer = connection.state === "silent" ? null : operation(type, object);
            if (connection.state === "up") return answer;
            return new Promise((_, reject) => options.signal?.addEventListener("abort", () => reject(unreachable())));
          },
        ]),
      ) as unknown as LeaseClient as KubeClient,
    };
    return connection;
  };

  return {
    get lease() {
      return lease;
    },
    connect,
  };
};
