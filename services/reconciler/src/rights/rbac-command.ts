import { parseArgs } from "node:util";
import { z } from "zod";

import { Label } from "../dns-names.ts";
import { type OptionalRight, type RightsOptions, rightsYaml } from "./rights.ts";

export const RBAC_USAGE = `usage: reconciler rbac --namespace NAME [--namespace NAME …] [--restart-targets] [--propagate] [--watch-secrets]
       reconciler rbac --all-namespaces [--restart-targets] [--propagate] [--watch-secrets]

Prints the manifests that let the reconciler write the Secrets of the ApiKeys in these namespaces, for kubectl apply -f -.

  --namespace NAME          a namespace that it serves; as often as there are such
  --all-namespaces          every namespace, also those to come
  --restart-targets         what spec.restartTargets needs: get and patch of workloads there
  --propagate               what spec.propagate: Prompt needs: list and patch of pods there
  --watch-secrets           what WATCH_SECRETS=true needs: list and watch of Secrets there
  --service-account NS/NAME who the reconciler is; default itsy-system/itsy-reconciler
`;

export type RbacOutcome = { readonly code: 0 | 2; readonly text: string };

const wrong = (message: string): RbacOutcome => ({ code: 2, text: `${message}\n\n${RBAC_USAGE}` });

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      namespace: { type: "string", multiple: true, default: [] },
      "all-namespaces": { type: "boolean", default: false },
      "restart-targets": { type: "boolean", default: false },
      propagate: { type: "boolean", default: false },
      "watch-secrets": { type: "boolean", default: false },
      "service-account": { type: "string", default: "itsy-system/itsy-reconciler" },
      help: { type: "boolean", short: "h", default: false },
    },
  }).values;

const optionalRights = (values: ReturnType<typeof parse>): readonly OptionalRight[] => [
  ...(values["restart-targets"] ? (["restartTargets"] as const) : []),
  ...(values.propagate ? (["propagate"] as const) : []),
  ...(values["watch-secrets"] ? (["watchSecrets"] as const) : []),
];

const Namespaces = z.array(Label).min(1);

/** Runs `reconciler rbac …`. Talks to nobody. */
export const rbacCommand = (args: readonly string[]): RbacOutcome => {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return wrong((error as Error).message);
  }
  if (values.help) return { code: 0, text: RBAC_USAGE };
  const isAll = values["all-namespaces"];
  if (isAll === values.namespace.length > 0)
    return wrong("Give either --namespace, once or more, or --all-namespaces.");
  const namespaces = isAll ? { success: true as const, data: "all" as const } : Namespaces.safeParse(values.namespace);
  if (!namespaces.success) return wrong("A namespace's name has lower-case letters, digits and dashes.");
  const [namespace = "", name = "", ...rest] = values["service-account"].split("/");
  if (rest.length > 0 || !Label.safeParse(namespace).success || name === "")
    return wrong("--service-account is NAMESPACE/NAME.");
  const options: RightsOptions = {
    namespaces: namespaces.data,
    also: optionalRights(values),
    serviceAccount: { namespace, name },
  };
  return { code: 0, text: rightsYaml(options) };
};
