import { z } from "zod";

import { DisplayName, ProjectId, Slug, Timestamp } from "./primitives.ts";

export const ProjectView = z.object({ id: ProjectId, slug: Slug, name: DisplayName, createdAt: Timestamp });
export type ProjectView = z.infer<typeof ProjectView>;

export const CreateProjectInput = z.strictObject({ slug: Slug, name: DisplayName });
export type CreateProjectInput = z.infer<typeof CreateProjectInput>;

/** What the project is called by people; its slug stays what programs know it by. */
export const UpdateProjectInput = z.strictObject({ project: Slug, name: DisplayName });
export type UpdateProjectInput = z.infer<typeof UpdateProjectInput>;

export const ProjectRef = z.strictObject({ project: Slug });
export type ProjectRef = z.infer<typeof ProjectRef>;

export const DeletedProject = z.object({ deleted: z.literal(true) });
export type DeletedProject = z.infer<typeof DeletedProject>;

export const ProjectList = z.object({ projects: z.array(ProjectView) });
export type ProjectList = z.infer<typeof ProjectList>;
