import type { Quota, WorkspaceView } from "@itsy/contract";

import type { Workspace } from "../entities.ts";
import { leakPolicyOf } from "../leak-policy.ts";
import type { Stores } from "../ports.ts";
import { monthOf } from "../usage/quota.ts";

export const quotaOf = ({ quotaPerMonth, quotaMode }: Pick<Workspace, "quotaPerMonth" | "quotaMode">): Quota | null =>
  quotaPerMonth === null || quotaMode === null ? null : { perMonth: quotaPerMonth, mode: quotaMode };

/** Shows workspaces as the API does, with what they consumed in the month of the instant. */
export const viewWorkspaces = async (
  stores: Stores,
  workspaces: readonly Workspace[],
  at: Date,
): Promise<WorkspaceView[]> => {
  const ids = workspaces.map(({ id }) => id);
  const costs = await stores.usage.costsOf(ids, monthOf(at));
  return workspaces.map((workspace) => ({
    id: workspace.id,
    slug: workspace.slug,
    name: workspace.name,
    defaultRequestsPerMinute: workspace.defaultRequestsPerMinute,
    requestsPerMinuteMax: workspace.requestsPerMinuteMax,
    defaultKeyLifetimeDays: workspace.defaultKeyLifetimeDays,
    keyLifetimeDaysMax: workspace.keyLifetimeDaysMax,
    keysMax: workspace.keysMax,
    leakPolicy: leakPolicyOf(workspace),
    quota: quotaOf(workspace),
    usedThisMonth: costs.get(workspace.id) ?? 0,
    createdAt: workspace.createdAt.toISOString(),
  }));
};

export const viewWorkspace = async (stores: Stores, workspace: Workspace, at: Date): Promise<WorkspaceView> => {
  const [only] = await viewWorkspaces(stores, [workspace], at);
  if (only === undefined) throw new Error("one workspace gives one view");
  return only;
};
