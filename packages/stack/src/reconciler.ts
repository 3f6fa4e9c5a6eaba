import { type Program, type ProgramOptions, startProgram } from "./program.ts";
import type { Service } from "./service.ts";

export interface ReconcilerOptions extends Pick<ProgramOptions, "onLine"> {
  readonly service: Pick<Service, "url" | "tokens">;
  readonly kubeconfigPath: string;
  /** Tells several of them apart. */
  readonly name?: string;
  /** More settings of the reconciler. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Short enough that a person, or a test, does not wait for the lease of a process that was killed. */
const LEASE = { LEASE_DURATION: "3s", LEASE_RENEW_DEADLINE: "2s", LEASE_RETRY_PERIOD: "250ms" };

/** The reconciler as a process. Does not wait until it leads. */
export const startReconciler = ({
  service,
  kubeconfigPath,
  name = "reconciler",
  env,
  onLine,
}: ReconcilerOptions): Promise<Program> =>
  startProgram({
    name,
    entry: "services/reconciler/src/main.ts",
    env: {
      ITSY_URL: service.url,
      ITSY_TOKEN: service.tokens.reconciler,
      KUBECONFIG: kubeconfigPath,
      POD_NAME: name,
      METRICS_PORT: "0",
      METRICS_HOST: "127.0.0.1",
      ...LEASE,
      ...env,
    },
    ...(onLine && { onLine }),
  });
