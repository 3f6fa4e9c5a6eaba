import type { KubeClient } from "@itsy/controller-runtime";

import { applyManifests, parseManifests } from "./manifests.ts";
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

const ENTRY = "services/reconciler/src/main.ts";

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
    entry: ENTRY,
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

/** What a person does with `reconciler rbac --namespace NAME … | kubectl apply -f -`. */
export const grantRights = async (
  client: KubeClient,
  namespace: string,
  more: readonly string[] = [],
): Promise<void> => {
  await using command = await startProgram({
    name: "reconciler rbac",
    entry: ENTRY,
    args: ["rbac", "--namespace", namespace, ...more],
    env: {},
  });
  const { code } = await command.exited;
  const text = command.lines.join("\n");
  if (code !== 0) throw new Error(text);
  await applyManifests(client, parseManifests(text));
};
