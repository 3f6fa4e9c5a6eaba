import type { KeyPage, KeyRef, KeyView, ListKeysInput } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import { notFound } from "../errors.ts";
import { viewKey, viewKeys } from "./key-view.ts";

type Deps = Pick<DomainDeps, "database" | "clock">;

/** @throws DomainError `NOT_FOUND`, also for a key of another workspace. */
export const createGetKey =
  ({ database, clock }: Deps) =>
  async (actor: WorkspaceActor, { keyId }: KeyRef): Promise<KeyView> => {
    const key = await database.read.keys.findById(actor.workspaceId, keyId);
    if (key === null) throw notFound("key");
    return viewKey(database.read, key, clock.now());
  };

/** One page, newest first. @throws DomainError `NOT_FOUND` for an unknown project. */
export const createListKeys =
  ({ database, clock }: Deps) =>
  async (actor: WorkspaceActor, input: ListKeysInput): Promise<KeyPage> => {
    const stores = database.read;
    const project =
      input.project === undefined ? null : await stores.projects.findBySlug(actor.workspaceId, input.project);
    if (input.project !== undefined && project === null) throw notFound("project");
    // One more than asked tells whether another page follows.
    const found = await stores.keys.list({
      workspaceId: actor.workspaceId,
      projectId: project?.id,
      environment: input.environment,
      before: input.cursor,
      limit: input.limit + 1,
    });
    const keys = found.slice(0, input.limit);
    const nextCursor = found.length > input.limit ? (keys.at(-1)?.id ?? null) : null;
    return { keys: await viewKeys(stores, keys, clock.now()), nextCursor };
  };
