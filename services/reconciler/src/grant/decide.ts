import type { ApiKeySpec } from "../api-key/spec.ts";
import { assertNever } from "../assert-never.ts";
import type { NamespaceSelector, WorkspaceGrant, WorkspaceGrantSpec } from "./resource.ts";

export type GrantVerdict = { readonly granted: true } | { readonly granted: false; readonly message: string };

/** A namespace as grants see it. */
export interface GrantedNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

type Term = NonNullable<NamespaceSelector["matchExpressions"]>[number];

const holds = ({ key, operator, values = [] }: Term, labels: Readonly<Record<string, string>>): boolean => {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return assertNever(operator);
  }
};

const selects = (selector: NamespaceSelector, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every((term) => holds(term, labels));

const covers = ({ namespaces, namespaceSelector }: WorkspaceGrantSpec, { name, labels }: GrantedNamespace): boolean =>
  (namespaces ?? []).includes(name) || (namespaceSelector !== undefined && selects(namespaceSelector, labels));

const denied = (message: string): GrantVerdict => ({ granted: false, message });

/**
 * Whether the grants let this namespace have this key. Default deny; one grant that matches in everything is enough.
 * The message names the first thing that no grant gives.
 */
export const decideGrant = (
  spec: Pick<ApiKeySpec, "workspace" | "environment" | "rateLimit">,
  namespace: GrantedNamespace,
  grants: readonly Pick<WorkspaceGrant, "spec">[],
): GrantVerdict => {
  const { workspace, environment, rateLimit } = spec;
  const whose = `workspace "${workspace}"`;
  const covering = grants
    .map((grant) => grant.spec)
    .filter((grant) => grant.workspace === workspace && covers(grant, namespace));
  if (covering.length === 0) return denied(`No WorkspaceGrant gives ${whose} to namespace "${namespace.name}".`);
  const inEnvironment = covering.filter((grant) => grant.environments.includes(environment));
  if (inEnvironment.length === 0)
    return denied(
      `No WorkspaceGrant gives ${whose} to namespace "${namespace.name}" for environment "${environment}".`,
    );
  const asked = rateLimit.requestsPerMinute;
  const highest = Math.max(...inEnvironment.map((grant) => grant.maxRequestsPerMinute ?? Number.POSITIVE_INFINITY));
  if (asked > highest)
    return denied(`The key asks for ${asked} requests per minute; the grants of ${whose} allow at most ${highest}.`);
  return { granted: true };
};
