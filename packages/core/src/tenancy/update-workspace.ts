import type { UpdateWorkspaceInput, WorkspaceRef, WorkspaceView } from "@itsy/contract";

import type { InstallationActor, WorkspaceActor } from "../access/actor.ts";
import { workspaceFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import type { DomainDeps } from "../deps.ts";
import type { Workspace } from "../entities.ts";
import { DomainError, notFound } from "../errors.ts";
import type { Stores } from "../ports.ts";
import { viewWorkspace } from "./workspace-view.ts";

type Caller = InstallationActor | WorkspaceActor;

/** The workspace that is meant: an operator names it, everyone else has one. */
const meant = async (stores: Stores, actor: Caller, slug: string | undefined): Promise<Workspace> => {
  if (actor.kind === "installation" && slug === undefined) {
    throw new DomainError("INVALID_INPUT", "an operator says which workspace is meant");
  }
  const workspace =
    actor.kind === "workspace"
      ? await stores.workspaces.findById(actor.workspaceId)
      : await stores.workspaces.findBySlug(slug ?? "");
  if (workspace === null || (slug !== undefined && slug !== workspace.slug)) throw notFound("workspace");
  return workspace;
};

/** @throws DomainError `NOT_FOUND`, also for a workspace that is not the caller's. */
export const createGetWorkspace =
  ({ database, clock }: Pick<DomainDeps, "database" | "clock">) =>
  async (actor: Caller, { workspace }: WorkspaceRef): Promise<WorkspaceView> =>
    viewWorkspace(database.read, await meant(database.read, actor, workspace), clock.now());

const defaults = [
  ["defaultRequestsPerMinute", "requestsPerMinuteMax"],
  ["defaultKeyLifetimeDays", "keyLifetimeDaysMax"],
] as const satisfies readonly (readonly [keyof Workspace, keyof Workspace])[];

/** @throws DomainError `INVALID_INPUT`. */
const requireDefaultsWithin = (workspace: Workspace): void => {
  for (const [name, maximum] of defaults) {
    if ((workspace[name] ?? 0) > (workspace[maximum] ?? Number.POSITIVE_INFINITY))
      throw new DomainError("INVALID_INPUT", `${name} is above ${maximum}`);
  }
};

/**
 * Changes the name, the defaults and the maximums of a workspace. Keys that are beyond a new maximum stay as they are
 * until they are changed.
 * @throws DomainError `NOT_FOUND`; `INVALID_INPUT` where a default would be above its maximum.
 */
export const createUpdateWorkspace =
  ({ database, clock, ids }: Pick<DomainDeps, "database" | "clock" | "ids">) =>
  async (actor: Caller, { workspace: slug, ...change }: UpdateWorkspaceInput): Promise<WorkspaceView> =>
    database.transaction(async (stores) => {
      const now = clock.now();
      const before = await meant(stores, actor, slug);
      const after = await stores.workspaces.update(before, change);
      requireDefaultsWithin(after);
      await record(
        { ids, stores },
        { actor, action: "workspaces.update", now },
        {
          workspaceId: after.id,
          target: { type: "workspace", id: after.id },
          before: workspaceFacts(before),
          after: workspaceFacts(after),
        },
      );
      return viewWorkspace(stores, after, now);
    });
