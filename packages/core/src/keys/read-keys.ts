import type { CountKeysInput, KeyCounts, KeyPage, KeyRef, KeyView, ListKeysInput } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import { DomainError, notFound } from "../errors.ts";
import type { KeyFilter } from "../ports.ts";
import { viewKey, viewKeys } from "./key-view.ts";
import { cursorOf, type Ordering, placeOf } from "./list-cursor.ts";

type ReadDeps = Pick<DomainDeps, "database" | "clock">;

/** @throws DomainError `NOT_FOUND`, also for a key of another workspace. */
export const createGetKey =
  ({ database, clock }: ReadDeps) =>
  async (actor: WorkspaceActor, { keyId }: KeyRef): Promise<KeyView> => {
    const key = await database.read.keys.findById(actor.workspaceId, keyId);
    if (key === null) throw notFound("key");
    return viewKey(database.read, key, clock.now());
  };

/** What starts like a secret is looked for by its display prefix only: the rest of it, if pasted, goes nowhere. */
const searchOf = (search: string | undefined): Pick<KeyFilter, "namePrefix" | "displayPrefix"> => {
  const [displayPrefix] =
    /^[a-z][a-z0-9]{1,15}_(?:production|preview|local)_sk_[0-9A-Za-z]{4}/.exec(search ?? "") ?? [];
  return displayPrefix === undefined ? { namePrefix: search } : { displayPrefix };
};

/** @throws DomainError `NOT_FOUND` for an unknown project. */
const filterOf = async (
  { database, clock }: ReadDeps,
  actor: WorkspaceActor,
  input: CountKeysInput & Pick<ListKeysInput, "status">,
): Promise<KeyFilter> => {
  const { project: slug, environment, status, managed, search } = input;
  const project = slug === undefined ? null : await database.read.projects.findBySlug(actor.workspaceId, slug);
  if (slug !== undefined && project === null) throw notFound("project");
  const { workspaceId } = actor;
  return { workspaceId, projectId: project?.id, environment, status, managed, at: clock.now(), ...searchOf(search) };
};

/** @throws DomainError `INVALID_INPUT` for names that begin alike in another order: no index has them so. */
const orderingOf = (input: ListKeysInput, { namePrefix }: KeyFilter): Ordering => {
  const sort = input.sort ?? (namePrefix === undefined ? "created" : "name");
  if (namePrefix !== undefined && sort !== "name")
    throw new DomainError("INVALID_INPUT", "a search by name is sorted by name: leave sort out");
  return { sort, order: input.order ?? (sort === "created" || sort === "lastUsed" ? "desc" : "asc") };
};

/**
 * One page. @throws DomainError `NOT_FOUND` for an unknown project; `INVALID_INPUT` for a cursor of another list, or a
 * search by name that is not sorted by name.
 */
export const createListKeys =
  (deps: ReadDeps) =>
  async (actor: WorkspaceActor, input: ListKeysInput): Promise<KeyPage> => {
    const filter = await filterOf(deps, actor, input);
    const ordering = orderingOf(input, filter);
    const after = input.cursor === undefined ? undefined : placeOf(input.cursor, ordering);
    const stores = deps.database.read;
    const { keys, next } = await stores.keys.list(filter, { ...ordering, after, limit: input.limit });
    const nextCursor = next === null ? null : cursorOf(next, ordering);
    return { keys: await viewKeys(stores, keys, filter.at), nextCursor };
  };

/** @throws DomainError `NOT_FOUND` for an unknown project. */
export const createCountKeys =
  (deps: ReadDeps) =>
  async (actor: WorkspaceActor, input: CountKeysInput): Promise<KeyCounts> => {
    const { isCapped, ...counts } = await deps.database.read.keys.count(await filterOf(deps, actor, input));
    const total = counts.active + counts.paused + counts.expired + counts.revoked;
    return { ...counts, total, capped: isCapped };
  };
