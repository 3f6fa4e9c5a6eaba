// What `npm start` runs: the whole product on this machine, on embedded defaults, until Ctrl-C.
import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { isUnavailable } from "@itsy/testbed";
import getPort from "get-port";

import { readSecretValue, waitUntilReady } from "./api-key.ts";
import { startCluster } from "./cluster.ts";
import { applyManifests, readSamples } from "./manifests.ts";
import { createProgress } from "./progress.ts";
import { startReconciler } from "./reconciler.ts";
import { inRepository } from "./repository.ts";
import { type Service, startService } from "./service.ts";
import { verify } from "./verify.ts";

const PORT_WANTED = 4700;
const DATA = inRepository(".itsy");
const SAMPLE = { namespace: "shop", name: "website" };
const SAMPLE_SECRET = { namespace: "shop", name: "website-api-key" };

const print = (line: string) => void process.stdout.write(`${line}\n`);
const progress = createProgress(print);

const stopRequested = () =>
  new Promise<NodeJS.Signals>((resolve) => {
    // Stays registered: with no listener left, whoever else listens would end the process at once.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, resolve);
  });

/** Where the lines below read a token from, instead of showing it. */
const writeToken = async (name: keyof Service["tokens"], { tokens }: Service): Promise<string> => {
  const path = join(DATA, `${name}-token`);
  await writeFile(path, tokens[name], { mode: 0o600 });
  await chmod(path, 0o600);
  return relative(process.cwd(), path);
};

const explain = async (service: Service, kubeconfig: string) => {
  const kubectl = `kubectl --kubeconfig ${kubeconfig} -n ${SAMPLE.namespace}`;
  const secret = `$(${kubectl} get secret ${SAMPLE_SECRET.name} -o jsonpath='{.data.apiKey}' | base64 -d)`;
  const [verifier, admin] = [await writeToken("verifier", service), await writeToken("admin", service)];
  print(`
Itsy Keys is up. Some lines to try in another terminal, from this folder:

  # the key as Kubernetes sees it
  ${kubectl} get apikeys
  ${kubectl} describe apikey ${SAMPLE.name}

  # is the key in the Secret good?
  curl -s ${service.url}/v1/verify -H "Authorization: Bearer $(cat ${verifier})" \\
    -H 'Content-Type: application/json' -d "{\\"secret\\": \\"${secret}\\"}"

  # a new value, same key; the old one works for another hour
  ${kubectl} annotate apikey ${SAMPLE.name} keys.itsy.dev/rotate-requested-at=$(date -Is) --overwrite

  # the same keys through the API
  curl -s -X POST ${service.url}/trpc/keys.list -H "Authorization: Bearer $(cat ${admin})" \\
    -H 'Content-Type: application/json' -d '{}'

Its data stays in ${relative(process.cwd(), DATA)}/. Ctrl-C stops everything.`);
};

const proveSample = async (service: Service, value: string | null) => {
  const answer = value === null ? null : await verify(service, value);
  if (!answer?.valid) throw new Error(`the Secret's value does not verify: ${answer?.code ?? "there is none"}`);
  progress.detail(`the value in the Secret is good: ${answer.keyId}, "${answer.name}", ${answer.environment}`);
};

const run = async (): Promise<void> => {
  const stop = stopRequested();
  await mkdir(DATA, { recursive: true, mode: 0o700 });
  await using running = new AsyncDisposableStack();

  const [service, cluster] = await Promise.all([
    progress.step("start the service (SQLite)", async () =>
      running.use(
        await startService({
          dataDir: DATA,
          databaseUrl: `sqlite:${join(DATA, "itsy.db")}`,
          port: await getPort({ port: PORT_WANTED }),
        }),
      ),
    ),
    progress.step("start a Kubernetes API server (its first build takes some minutes)", async () =>
      running.use(await startCluster({ dataDir: join(DATA, "control-plane"), log: progress.detail })),
    ),
  ]);
  const kubeconfig = join(DATA, "kubeconfig");
  await copyFile(cluster.controlPlane.kubeconfigPath, kubeconfig);
  await chmod(kubeconfig, 0o600);

  await progress.step("start the reconciler", async () => {
    const { kubeconfigPath } = cluster.reconciler;
    const reconciler = running.use(await startReconciler({ service, kubeconfigPath }));
    await reconciler.logged("controller started");
  });
  await progress.step("apply deploy/samples and wait until the ApiKey is Ready", async () => {
    await applyManifests(cluster.client, await readSamples());
    await waitUntilReady(cluster.client, SAMPLE);
  });
  await proveSample(service, await readSecretValue(cluster.client, SAMPLE_SECRET));
  await explain(service, relative(process.cwd(), kubeconfig));

  const signal = await stop;
  print(`\n${signal}: stopping …`);
};

try {
  await run();
} catch (error) {
  if (!isUnavailable(error)) throw error;
  print(`\n${error.message}`);
  process.exit(1);
}
print("Stopped; nothing is left running.");
// A connection that is kept alive must not keep the terminal.
process.exit(0);
