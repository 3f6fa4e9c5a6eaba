import type { WorkspaceView } from "@itsy/contract";

import type { Workspace } from "../entities.ts";

export const viewWorkspace = (workspace: Workspace): WorkspaceView => ({
  id: workspace.id,
  slug: workspace.slug,
  name: workspace.name,
  defaultRequestsPerMinute: workspace.defaultRequestsPerMinute,
  requestsPerMinuteMax: workspace.requestsPerMinuteMax,
  keyLifetimeDaysMax: workspace.keyLifetimeDaysMax,
  keysMax: workspace.keysMax,
  createdAt: workspace.createdAt.toISOString(),
});
