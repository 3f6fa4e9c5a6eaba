import { z } from "zod";

import { LeakPolicy } from "./leaks.ts";
import { DisplayName, PageLimit, RequestsPerMinute, Slug, Timestamp, WorkspaceId } from "./primitives.ts";

const LifetimeDays = z.int().min(1).max(3650);

/** What a workspace sets for all its keys; `null`: nothing. */
const keyRules = {
  /** Of a key that is created without a limit. */
  defaultRequestsPerMinute: RequestsPerMinute.nullable(),
  requestsPerMinuteMax: RequestsPerMinute.nullable(),
  /** Of a key that is created without a word of its expiry. Without this, it gets the longest life, or never expires. */
  defaultKeyLifetimeDays: LifetimeDays.nullable(),
  /** With it, every key must expire, and within so many days from when its expiry is set. */
  keyLifetimeDaysMax: LifetimeDays.nullable(),
  /** How many keys there may be that are not revoked. */
  keysMax: z.int().min(0).max(100_000_000).nullable(),
};

export const Quota = z.strictObject({
  /** What the requests of all keys together may cost in a calendar month (UTC). */
  perMonth: z.int().min(1).max(1_000_000_000_000),
  /** `block` refuses what is beyond with `QUOTA_EXCEEDED`; `notify` tells, and lets it pass. */
  mode: z.enum(["notify", "block"]),
});
export type Quota = z.infer<typeof Quota>;

export const WorkspaceView = z.object({
  id: WorkspaceId,
  slug: Slug,
  name: DisplayName,
  ...keyRules,
  /** Of the workspace's plan; `null`: none. */
  quota: Quota.nullable(),
  /** What accepted requests cost since the calendar month (UTC) began; known about a second later. */
  usedThisMonth: z.int().min(0),
  leakPolicy: LeakPolicy,
  createdAt: Timestamp,
});
export type WorkspaceView = z.infer<typeof WorkspaceView>;

/** The project `default` is created with it. */
export const CreateWorkspaceInput = z.strictObject({ slug: Slug, name: DisplayName });
export type CreateWorkspaceInput = z.infer<typeof CreateWorkspaceInput>;

export const ListWorkspacesInput = z.strictObject({
  limit: PageLimit,
  /** `nextCursor` of the page before. */
  cursor: Slug.optional(),
});
export type ListWorkspacesInput = z.infer<typeof ListWorkspacesInput>;

/** By slug. */
export const WorkspacePage = z.object({ workspaces: z.array(WorkspaceView), nextCursor: Slug.nullable() });
export type WorkspacePage = z.infer<typeof WorkspacePage>;

/** `workspace` may be left out by a caller that belongs to one. */
export const WorkspaceRef = z.strictObject({ workspace: Slug.optional() });
export type WorkspaceRef = z.infer<typeof WorkspaceRef>;

/** What is left out stays as it is. */
export const UpdateWorkspaceInput = z.strictObject({
  workspace: Slug.optional(),
  name: DisplayName.optional(),
  ...z.object(keyRules).partial().shape,
  leakPolicy: LeakPolicy.optional(),
});
export type UpdateWorkspaceInput = z.infer<typeof UpdateWorkspaceInput>;

/** What a workspace may consume is for those who run the installation to say, not for its admins. */
export const SetQuotaInput = z.strictObject({ workspace: Slug, quota: Quota.nullable() });
export type SetQuotaInput = z.infer<typeof SetQuotaInput>;
