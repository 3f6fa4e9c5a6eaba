import { z } from "zod";

import { ClusterId, Slug, Timestamp } from "./primitives.ts";

/** A Kubernetes cluster whose reconciler delivers keys, and the workspaces that it may act for. */
export const ClusterView = z.object({ id: ClusterId, slug: Slug, workspaces: z.array(Slug), createdAt: Timestamp });
export type ClusterView = z.infer<typeof ClusterView>;

export const CreateClusterInput = z.strictObject({ slug: Slug });
export type CreateClusterInput = z.infer<typeof CreateClusterInput>;

export const ClusterList = z.object({ clusters: z.array(ClusterView) });
export type ClusterList = z.infer<typeof ClusterList>;

export const ClusterAccessInput = z.strictObject({ cluster: Slug, workspace: Slug });
export type ClusterAccessInput = z.infer<typeof ClusterAccessInput>;
