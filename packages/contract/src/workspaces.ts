import { z } from "zod";

import { DisplayName, Slug, Timestamp, WorkspaceId } from "./primitives.ts";

export const WorkspaceView = z.object({ id: WorkspaceId, slug: Slug, name: DisplayName, createdAt: Timestamp });
export type WorkspaceView = z.infer<typeof WorkspaceView>;

/** The project `default` is created with it. */
export const CreateWorkspaceInput = z.strictObject({ slug: Slug, name: DisplayName });
export type CreateWorkspaceInput = z.infer<typeof CreateWorkspaceInput>;

export const WorkspaceList = z.object({ workspaces: z.array(WorkspaceView) });
export type WorkspaceList = z.infer<typeof WorkspaceList>;
