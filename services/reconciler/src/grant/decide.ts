import type { Claim } from "./claims.ts";
import { allowsRate, covers, type LabelsOf } from "./fits.ts";
import type { Places } from "./places.ts";
import type { WorkspaceGrant } from "./resource.ts";

export type GrantVerdict = { readonly granted: true } | { readonly granted: false; readonly message: string };

/** What grants are decided on. */
export interface GrantContext {
  readonly grants: readonly Pick<WorkspaceGrant, "metadata" | "spec">[];
  readonly labelsOf: LabelsOf;
  readonly hasRoom: Places["hasRoom"];
}

const ASK = "Ask an administrator of the cluster.";
const denied = (message: string): GrantVerdict => ({ granted: false, message: `${message} ${ASK}` });

/**
 * Whether the grants let this ApiKey be a key. Default deny; one grant that fits in everything is enough. The message
 * names the first thing that no grant gives.
 */
export const decideGrant = (claim: Claim, context: GrantContext): GrantVerdict => {
  const { workspace, namespace, environment, requestsPerMinute: asked } = claim;
  const whose = `workspace "${workspace}"`;
  const covering = context.grants.filter(
    ({ spec }) => spec.workspace === workspace && covers(spec, claim, context.labelsOf),
  );
  if (covering.length === 0) return denied(`No WorkspaceGrant gives ${whose} to namespace "${namespace}".`);
  const inEnvironment = covering.filter(({ spec }) => spec.environments.includes(environment));
  if (inEnvironment.length === 0)
    return denied(`No WorkspaceGrant gives ${whose} to namespace "${namespace}" for environment "${environment}".`);
  const fitting = inEnvironment.filter(({ spec }) => allowsRate(spec, claim));
  if (fitting.length === 0) {
    const highest = Math.max(...inEnvironment.map(({ spec }) => spec.maxRequestsPerMinute ?? 0));
    return denied(`The key asks for ${asked} requests per minute; the grants of ${whose} allow at most ${highest}.`);
  }
  if (fitting.some((grant) => context.hasRoom(grant, claim))) return { granted: true };
  const bounds = fitting.map(({ metadata, spec }) => `WorkspaceGrant "${metadata.name}" allows ${spec.maxKeys}`);
  return denied(`Older ApiKeys have all the keys that ${whose} gives here: ${bounds.join(", ")}.`);
};
