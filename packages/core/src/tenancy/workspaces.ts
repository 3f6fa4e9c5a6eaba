import type { CreateWorkspaceInput, ListWorkspacesInput, WorkspacePage, WorkspaceView } from "@itsy/contract";

import type { InstallationActor, WorkspaceActor } from "../access/actor.ts";
import { projectFacts, workspaceFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import type { DomainDeps } from "../deps.ts";
import type { Project, Workspace } from "../entities.ts";
import { DomainError } from "../errors.ts";
import { insertFirst } from "../insert-first.ts";
import { createSetQuota } from "./set-quota.ts";
import { createGetWorkspace, createUpdateWorkspace } from "./update-workspace.ts";
import { viewWorkspace, viewWorkspaces } from "./workspace-view.ts";

type Deps = Pick<DomainDeps, "database" | "clock" | "ids">;

/** @throws DomainError `ALREADY_EXISTS`. */
const createCreateWorkspace =
  ({ database, clock, ids }: Deps) =>
  async (actor: InstallationActor, { slug, name }: CreateWorkspaceInput): Promise<WorkspaceView> =>
    database.transaction(async (stores) => {
      if (await stores.workspaces.findBySlug(slug))
        throw new DomainError("ALREADY_EXISTS", `there is a workspace ${slug} already`);
      const createdAt = clock.now();
      const workspace: Workspace = {
        id: ids.next("ws"),
        slug,
        name,
        defaultRequestsPerMinute: null,
        requestsPerMinuteMax: null,
        defaultKeyLifetimeDays: null,
        keyLifetimeDaysMax: null,
        keysMax: null,
        leakPolicy: null,
        quotaPerMonth: null,
        quotaMode: null,
        createdAt,
        version: 1,
      };
      await insertFirst(stores.workspaces.insert(workspace));
      const first: Project = {
        id: ids.next("prj"),
        workspaceId: workspace.id,
        slug: "default",
        name: "Default",
        createdAt,
      };
      await stores.projects.insert(first);
      const doing = { actor, action: "workspaces.create", now: createdAt } as const;
      const made = { workspaceId: workspace.id, before: null };
      await record({ ids, stores }, doing, {
        ...made,
        target: { type: "workspace", id: workspace.id },
        after: workspaceFacts(workspace),
      });
      await record({ ids, stores }, doing, {
        ...made,
        target: { type: "project", id: first.id },
        after: projectFacts(first),
      });
      return viewWorkspace(stores, workspace, createdAt);
    });

/** A page of all of the installation for its operator; for everyone else, their own. */
const createListWorkspaces =
  ({ database, clock }: Deps) =>
  async (actor: InstallationActor | WorkspaceActor, { limit, cursor }: ListWorkspacesInput): Promise<WorkspacePage> => {
    const stores = database.read;
    // One more than asked tells whether another page follows.
    const found =
      actor.kind === "installation"
        ? await stores.workspaces.list({ after: cursor, limit: limit + 1 })
        : await stores.workspaces.findMany([actor.workspaceId]);
    const workspaces = await viewWorkspaces(stores, found.slice(0, limit), clock.now());
    return { workspaces, nextCursor: found.length > limit ? (workspaces.at(-1)?.slug ?? null) : null };
  };

export const createWorkspaces = (deps: Deps) =>
  Object.freeze({
    create: createCreateWorkspace(deps),
    get: createGetWorkspace(deps),
    list: createListWorkspaces(deps),
    update: createUpdateWorkspace(deps),
    setQuota: createSetQuota(deps),
  });
export type Workspaces = ReturnType<typeof createWorkspaces>;
