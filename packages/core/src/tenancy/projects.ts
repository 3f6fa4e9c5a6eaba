import type { CreateProjectInput, ProjectList, ProjectView } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import { projectFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import type { DomainDeps } from "../deps.ts";
import type { Project } from "../entities.ts";
import { DomainError } from "../errors.ts";
import { insertFirst } from "../insert-first.ts";

const viewProject = ({ id, slug, name, createdAt }: Project): ProjectView => ({
  id,
  slug,
  name,
  createdAt: createdAt.toISOString(),
});

/** The projects of the caller's workspace. */
export const createProjects = ({ database, clock, ids }: Pick<DomainDeps, "database" | "clock" | "ids">) =>
  Object.freeze({
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
  });
export type Projects = ReturnType<typeof createProjects>;
