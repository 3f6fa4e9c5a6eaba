import { createHash } from "node:crypto";

import { Verification } from "@itsy/contract";
import type { KubeClient, ObjectName } from "@itsy/controller-runtime";
import type { Node } from "@itsy/testbed";

import { applyManifests } from "./manifests.ts";
import type { Service } from "./service.ts";

/** One question to the service, about the value that was in the mounted file or the environment variable just then. */
export interface Call {
  /** When its answer was written down, after it had come. */
  readonly atMs: number;
  readonly from: "file" | "env";
  /** `digestOf` the value. */
  readonly digest: string;
  /** `null`: there was no answer. */
  readonly answer: Verification | null;
}

/** A pod that reads the Secret of an ApiKey in both ways, and asks the service about what it reads, again and again. */
export interface AskingPod {
  /** Everything that it asked so far; empty before it runs. */
  calls(): Promise<readonly Call[]>;
}

export interface AskingPodDeps {
  readonly client: KubeClient;
  readonly node: Node;
  readonly service: Pick<Service, "url" | "tokens">;
}

const CONTAINER = "main";
const PAUSE_S = 0.05;

/** What its log says in place of a value: a log is no place for secrets. */
export const digestOf = (value: string): string => createHash("sha256").update(value).digest("hex").slice(0, 16);

const SCRIPT = `
ask() {
  digest=$(printf %s "$2" | sha256sum | cut -c 1-16)
  answer=$(wget -q -O - --header "Authorization: Bearer $TOKEN" --header "Content-Type: application/json" \\
    --post-data "{\\"secret\\":\\"$2\\"}" "$SERVICE_URL/v1/verify") || answer=
  echo "$1 $digest $answer"
}
while true; do
  ask file "$(cat /var/run/itsy/apiKey)"
  ask env "$ITSY_API_KEY"
  sleep ${PAUSE_S}
done`;

const tokenSecretOf = (name: string): string => `${name}-verifier`;

/** As deploy/samples/pod.yaml reads its Secret, on the node's only network. The Secret has the name of the pod. */
const podSpec = ({ node, service }: AskingPodDeps, name: string) => ({
  nodeName: node.name,
  hostNetwork: true,
  automountServiceAccountToken: false,
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: CONTAINER,
      image: node.image,
      imagePullPolicy: "Never",
      command: ["sh", "-c", SCRIPT],
      env: [
        { name: "SERVICE_URL", value: service.url },
        { name: "TOKEN", valueFrom: { secretKeyRef: { name: tokenSecretOf(name), key: "token" } } },
        { name: "ITSY_API_KEY", valueFrom: { secretKeyRef: { name, key: "apiKey" } } },
      ],
      volumeMounts: [{ name: "api-key", mountPath: "/var/run/itsy", readOnly: true }],
    },
  ],
  volumes: [{ name: "api-key", secret: { secretName: name } }],
});

const parseCall = ({ atMs, text }: { readonly atMs: number; readonly text: string }): Call | null => {
  const match = /^(file|env) ([0-9a-f]{16}) (.*)$/.exec(text);
  if (match === null) return null;
  const [, from, digest = "", answer = ""] = match;
  return {
    atMs,
    from: from === "file" ? "file" : "env",
    digest,
    answer: answer === "" ? null : Verification.parse(JSON.parse(answer)),
  };
};

/** Applies the pod, named like its ApiKey. Does not wait: it starts by itself once its Secret is there. */
export const applyAskingPod = async (
  deps: AskingPodDeps,
  { namespace = "default", name }: ObjectName,
): Promise<AskingPod> => {
  const stringData = { token: deps.service.tokens.verifier };
  await applyManifests(deps.client, [
    { apiVersion: "v1", kind: "Secret", metadata: { namespace, name: tokenSecretOf(name) }, stringData },
    { apiVersion: "v1", kind: "Pod", metadata: { namespace, name }, spec: podSpec(deps, name) },
  ]);
  return {
    calls: async () => {
      const lines = await deps.node.logOf({ namespace, pod: name, container: CONTAINER });
      return lines.map(parseCall).filter((call) => call !== null);
    },
  };
};
