import { stringify } from "yaml";

/** What the reconciler may need in a namespace that it serves. `secrets` always; the others only where asked for. */
export const namespaceRules = {
  // By name only: without list and watch it cannot look for Secrets that it was not told of.
  secrets: { apiGroups: [""], resources: ["secrets"], verbs: ["get", "create", "patch", "delete"] },
  restartTargets: {
    apiGroups: ["apps"],
    resources: ["deployments", "statefulsets", "daemonsets"],
    // patch: one annotation of the pod template.
    verbs: ["get", "patch"],
  },
  // patch: one annotation of the pods that mount a Secret of ours.
  propagate: { apiGroups: [""], resources: ["pods"], verbs: ["list", "patch"] },
  watchSecrets: { apiGroups: [""], resources: ["secrets"], verbs: ["list", "watch"] },
} as const;
export type OptionalRight = Exclude<keyof typeof namespaceRules, "secrets">;

export interface RightsOptions {
  /** `"all"` gives the rights in every namespace, also in those to come. */
  readonly namespaces: readonly string[] | "all";
  readonly also: readonly OptionalRight[];
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
}

const NAME = "itsy-reconciler-secrets";
const API_GROUP = "rbac.authorization.k8s.io";

/** The manifests that let the reconciler write the Secrets of the ApiKeys in these namespaces. */
export const rightsManifests = ({ namespaces, also, serviceAccount }: RightsOptions): readonly object[] => {
  const rules = [namespaceRules.secrets, ...also.map((right) => namespaceRules[right])];
  const subjects = [{ kind: "ServiceAccount", ...serviceAccount }];
  const manifests = (scope: "Cluster" | "", metadata: object) => [
    { apiVersion: `${API_GROUP}/v1`, kind: `${scope}Role`, metadata, rules },
    {
      apiVersion: `${API_GROUP}/v1`,
      kind: `${scope}RoleBinding`,
      metadata,
      roleRef: { apiGroup: API_GROUP, kind: `${scope}Role`, name: NAME },
      subjects,
    },
  ];
  if (namespaces === "all") return manifests("Cluster", { name: NAME });
  return namespaces.flatMap((namespace) => manifests("", { name: NAME, namespace }));
};

export const rightsYaml = (options: RightsOptions): string =>
  rightsManifests(options)
    .map((manifest) => stringify(manifest, { aliasDuplicateObjects: false }))
    .join("---\n");
