import type { UsageInput, UsageSeries } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import { notFound } from "../errors.ts";
import type { Stores } from "../ports.ts";
import { usageRange } from "./usage-range.ts";
import { usageSeries } from "./usage-series.ts";

/** What is asked about, by the id under which it is counted. */
const scopeOf = async (stores: Stores, workspaceId: string, { keyId, project: slug }: UsageInput): Promise<string> => {
  const project = slug === undefined ? null : await stores.projects.findBySlug(workspaceId, slug);
  if (slug !== undefined && project === null) throw notFound("project");
  if (keyId === undefined) return project?.id ?? workspaceId;
  const key = await stores.keys.findById(workspaceId, keyId);
  if (key === null || (project !== null && key.projectId !== project.id)) throw notFound("key");
  return key.id;
};

/**
 * A series of counts for a chart.
 * @throws DomainError `NOT_FOUND`, also for what is another workspace's; `INVALID_INPUT` for an empty or too long range.
 */
export const createReadUsage =
  ({ database, clock }: Pick<DomainDeps, "database" | "clock">) =>
  async (actor: WorkspaceActor, input: UsageInput): Promise<UsageSeries> => {
    const range = usageRange(input, clock.now());
    const scopeId = await scopeOf(database.read, actor.workspaceId, input);
    return usageSeries(input.by, range, await database.read.usage.steps(scopeId, range));
  };
