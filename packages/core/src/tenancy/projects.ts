import type {
  CreateProjectInput,
  DeletedProject,
  ProjectList,
  ProjectRef,
  ProjectView,
  UpdateProjectInput,
} from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import { projectFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import type { DomainDeps } from "../deps.ts";
import type { Project } from "../entities.ts";
import { DomainError, notFound } from "../errors.ts";
import { insertFirst } from "../insert-first.ts";
import type { Stores } from "../ports.ts";

const viewProject = ({ id, slug, name, createdAt }: Project): ProjectView => ({
  id,
  slug,
  name,
  createdAt: createdAt.toISOString(),
});

/** The project that comes with a workspace: where keys go that are created without one. */
const DEFAULT_SLUG = "default";

type Deps = Pick<DomainDeps, "database" | "clock" | "ids">;

/** To be changed: of several at once, each sees what the one before left, and the audit tells of that. */
const lockProject = async (stores: Stores, { workspaceId }: WorkspaceActor, slug: string): Promise<Project> => {
  const project = await stores.projects.lock(workspaceId, slug);
  if (project === null) throw notFound("project");
  return project;
};

/** @throws DomainError `NOT_FOUND`, also for a project of another workspace. */
const createUpdateProject =
  ({ database, clock, ids }: Deps) =>
  async (actor: WorkspaceActor, { project: slug, name }: UpdateProjectInput): Promise<ProjectView> =>
    database.transaction(async (stores) => {
      const project = await lockProject(stores, actor, slug);
      const renamed = { ...project, name };
      await stores.projects.rename(project, name);
      await record(
        { ids, stores },
        { actor, action: "projects.update", now: clock.now() },
        {
          workspaceId: actor.workspaceId,
          target: { type: "project", id: project.id },
          before: projectFacts(project),
          after: projectFacts(renamed),
        },
      );
      return viewProject(renamed);
    });

/**
 * Removes a project without keys. One whose keys are all revoked has keys: they are there for the audit until they are
 * deleted.
 * @throws DomainError `NOT_FOUND`; `CONFLICT` for a project with keys and for `default`.
 */
const createDeleteProject =
  ({ database, clock, ids }: Deps) =>
  async (actor: WorkspaceActor, { project: slug }: ProjectRef): Promise<DeletedProject> =>
    database.transaction(async (stores) => {
      const project = await lockProject(stores, actor, slug);
      if (slug === DEFAULT_SLUG)
        throw new DomainError("CONFLICT", "the project default stays as long as its workspace");
      if (await stores.projects.hasKeys(project)) {
        throw new DomainError("CONFLICT", "the project has keys, if only revoked ones: delete them first");
      }
      await stores.projects.delete(project);
      await record(
        { ids, stores },
        { actor, action: "projects.delete", now: clock.now() },
        {
          workspaceId: actor.workspaceId,
          target: { type: "project", id: project.id },
          before: projectFacts(project),
          after: null,
        },
      );
      return { deleted: true };
    });

/** The projects of the caller's workspace. */
export const createProjects = (deps: Deps) => {
  const { database, clock, ids } = deps;
  return Object.freeze({
    /** @throws DomainError `ALREADY_EXISTS`. */
    create: async (actor: WorkspaceActor, { slug, name }: CreateProjectInput): Promise<ProjectView> =>
      database.transaction(async (stores) => {
        const { workspaceId } = actor;
        const now = clock.now();
        if (await stores.projects.findBySlug(workspaceId, slug)) {
          throw new DomainError("ALREADY_EXISTS", `there is a project ${slug} already`);
        }
        const project: Project = { id: ids.next("prj"), workspaceId, slug, name, createdAt: now };
        await insertFirst(stores.projects.insert(project));
        await record(
          { ids, stores },
          { actor, action: "projects.create", now },
          {
            workspaceId,
            target: { type: "project", id: project.id },
            before: null,
            after: projectFacts(project),
          },
        );
        return viewProject(project);
      }),

    /** By slug. */
    list: async ({ workspaceId }: WorkspaceActor): Promise<ProjectList> => ({
      projects: (await database.read.projects.list(workspaceId)).map(viewProject),
    }),

    update: createUpdateProject(deps),
    delete: createDeleteProject(deps),
  });
};
export type Projects = ReturnType<typeof createProjects>;
