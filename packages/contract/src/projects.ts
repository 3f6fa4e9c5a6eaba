import { z } from "zod";

import { DisplayName, ProjectId, Slug, Timestamp } from "./primitives.ts";

export const ProjectView = z.object({ id: ProjectId, slug: Slug, name: DisplayName, createdAt: Timestamp });
export type ProjectView = z.infer<typeof ProjectView>;

export const CreateProjectInput = z.strictObject({ slug: Slug, name: DisplayName });
export type CreateProjectInput = z.infer<typeof CreateProjectInput>;

export const ProjectList = z.object({ projects: z.array(ProjectView) });
export type ProjectList = z.infer<typeof ProjectList>;
