import type { Claim } from "./claims.ts";
import type { WorkspaceGrantSpec } from "./resource.ts";
import { selects } from "./selector.ts";

export type LabelsOf = (namespace: string) => Readonly<Record<string, string>>;

export const covers = (
  { namespaces, namespaceSelector }: WorkspaceGrantSpec,
  { namespace }: Claim,
  labelsOf: LabelsOf,
): boolean =>
  (namespaces ?? []).includes(namespace) ||
  (namespaceSelector !== undefined && selects(namespaceSelector, labelsOf(namespace)));

export const allowsRate = ({ maxRequestsPerMinute }: WorkspaceGrantSpec, { requestsPerMinute }: Claim): boolean =>
  requestsPerMinute <= (maxRequestsPerMinute ?? Number.POSITIVE_INFINITY);

/** Whether the claim on its workspace fits the grant in everything but the number of keys. */
export const fits = (grant: WorkspaceGrantSpec, claim: Claim, labelsOf: LabelsOf): boolean =>
  covers(grant, claim, labelsOf) && grant.environments.includes(claim.environment) && allowsRate(grant, claim);
