import { type Claim, isOlder } from "./claims.ts";
import type { WorkspaceGrant, WorkspaceGrantSpec } from "./resource.ts";
import { selects } from "./selector.ts";

export type GrantVerdict = { readonly granted: true } | { readonly granted: false; readonly message: string };

/** What grants are decided on. */
export interface GrantContext {
  readonly grants: readonly Pick<WorkspaceGrant, "metadata" | "spec">[];
  readonly labelsOf: (namespace: string) => Readonly<Record<string, string>>;
  /** All claims on the workspace, the oldest first; the one that is decided may be among them. */
  readonly claims: readonly Claim[];
}

const covers = (
  { namespaces, namespaceSelector }: WorkspaceGrantSpec,
  { namespace }: Claim,
  { labelsOf }: Pick<GrantContext, "labelsOf">,
): boolean =>
  (namespaces ?? []).includes(namespace) ||
  (namespaceSelector !== undefined && selects(namespaceSelector, labelsOf(namespace)));

const allowsRate = ({ maxRequestsPerMinute }: WorkspaceGrantSpec, { requestsPerMinute }: Claim): boolean =>
  requestsPerMinute <= (maxRequestsPerMinute ?? Number.POSITIVE_INFINITY);

/** Whether the grant has room: fewer than its `maxKeys` older ApiKeys fit it in everything else. */
const hasRoom = (grant: WorkspaceGrantSpec, claim: Claim, { claims, labelsOf }: GrantContext): boolean => {
  const { maxKeys } = grant;
  if (maxKeys === undefined || claims.length <= maxKeys) return true;
  const known = new Map<string, boolean>();
  const isCovered = (other: Claim): boolean => {
    const before = known.get(other.namespace) ?? covers(grant, other, { labelsOf });
    known.set(other.namespace, before);
    return before;
  };
  let older = 0;
  for (const other of claims) {
    if (older >= maxKeys) return false;
    if (!isOlder(other, claim)) return true;
    if (isCovered(other) && grant.environments.includes(other.environment) && allowsRate(grant, other)) older += 1;
  }
  return older < maxKeys;
};

const ASK = "Ask an administrator of the cluster.";
const denied = (message: string): GrantVerdict => ({ granted: false, message: `${message} ${ASK}` });

/**
 * Whether the grants let this ApiKey be a key. Default deny; one grant that fits in everything is enough. The message
 * names the first thing that no grant gives.
 */
export const decideGrant = (claim: Claim, context: GrantContext): GrantVerdict => {
  const { workspace, namespace, environment, requestsPerMinute: asked } = claim;
  const whose = `workspace "${workspace}"`;
  const covering = context.grants.filter(({ spec }) => spec.workspace === workspace && covers(spec, claim, context));
  if (covering.length === 0) return denied(`No WorkspaceGrant gives ${whose} to namespace "${namespace}".`);
  const inEnvironment = covering.filter(({ spec }) => spec.environments.includes(environment));
  if (inEnvironment.length === 0)
    return denied(`No WorkspaceGrant gives ${whose} to namespace "${namespace}" for environment "${environment}".`);
  const fitting = inEnvironment.filter(({ spec }) => allowsRate(spec, claim));
  if (fitting.length === 0) {
    const highest = Math.max(...inEnvironment.map(({ spec }) => spec.maxRequestsPerMinute ?? 0));
    return denied(`The key asks for ${asked} requests per minute; the grants of ${whose} allow at most ${highest}.`);
  }
  if (fitting.some(({ spec }) => hasRoom(spec, claim, context))) return { granted: true };
  const bounds = fitting.map(({ metadata, spec }) => `WorkspaceGrant "${metadata.name}" allows ${spec.maxKeys}`);
  return denied(`Older ApiKeys have all the keys that ${whose} gives here: ${bounds.join(", ")}.`);
};
