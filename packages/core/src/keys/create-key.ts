import type { CreateKeyInput, IssuedKey } from "@itsy/contract";
import { secretSha256 } from "@itsy/key-format";

import type { WorkspaceActor } from "../access/actor.ts";
import { keyFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import type { DomainDeps } from "../deps.ts";
import type { ApiKey } from "../entities.ts";
import { DomainError, notFound } from "../errors.ts";
import { claimOf } from "../idempotency/claim.ts";
import type { Stores } from "../ports.ts";
import {
  defaultExpiry,
  defaultRequestsPerMinute,
  requireRoom,
  requireWithin,
  workspaceOf,
} from "../tenancy/key-limits.ts";
import { viewWith } from "./key-view.ts";
import { remember, replay } from "./replay.ts";
import { newVersion } from "./secret-version.ts";
import { sortedMetadata } from "./sorted-metadata.ts";
import { sortedSet } from "./sorted-set.ts";

/** An expiry must lie in the future when it is set. @throws DomainError `INVALID_INPUT`. */
export const futureInstant = (text: string | null, now: Date): Date | null => {
  if (text === null) return null;
  const instant = new Date(text);
  if (instant <= now) throw new DomainError("INVALID_INPUT", "expiresAt must lie in the future");
  return instant;
};

/**
 * A new key with its first secret version. The secret is shown in this answer and never again.
 * @throws DomainError `NOT_FOUND` for an unknown project; `INVALID_INPUT` for an expiry in the past; `ABOVE_MAXIMUM`,
 * `KEY_LIMIT_REACHED`; `CONFLICT` for an idempotency key that cannot be answered again (`replay`).
 */
export const createCreateKey =
  (deps: DomainDeps) =>
  async (actor: WorkspaceActor, input: CreateKeyInput): Promise<IssuedKey> => {
    const now = deps.clock.now();
    const claim = claimOf({ workspaceId: actor.workspaceId, procedure: "keys.create" }, input);
    const secret = deps.format.generate({ environment: input.environment, randomBytes: deps.random });
    const displayPrefix = deps.format.displayPrefix(secret);
    const expiryAsked = () => (input.expiresAt === undefined ? undefined : futureInstant(input.expiresAt, now));
    // In a shared transaction, others would have to run again because of it.
    if (claim === null) expiryAsked();
    const create = async (stores: Stores): Promise<IssuedKey> => {
      const replayed = claim && (await replay(deps, { stores, actor, now }, claim));
      if (replayed !== null) return replayed;
      // Not before: what is repeated was in time when it came first.
      const asked = expiryAsked();
      // What is asked for together goes to the database together: a create is two round trips.
      const [workspace, project] = await Promise.all([
        workspaceOf(stores, actor.workspaceId),
        stores.projects.findBySlug(actor.workspaceId, input.project),
      ]);
      const requestsPerMinute = input.requestsPerMinute ?? defaultRequestsPerMinute(workspace);
      const expiresAt = asked === undefined ? defaultExpiry(workspace, now) : asked;
      requireWithin(workspace, { requestsPerMinute, expiresAt }, now);
      await requireRoom(
        stores,
        workspace,
        async () => claim !== null && (await stores.idempotency.lock(claim)) !== null,
      );
      if (project === null) throw notFound("project");
      const key: ApiKey = {
        id: deps.ids.next("key"),
        workspaceId: actor.workspaceId,
        projectId: project.id,
        name: input.name,
        environment: input.environment,
        requestsPerMinute,
        expiresAt,
        pausedAt: null,
        pausedBy: null,
        revokedAt: null,
        lastUsedAt: null,
        revision: 1,
        latestRevision: 1,
        displayPrefix,
        owner: input.owner,
        metadata: sortedMetadata(input.metadata),
        permissions: sortedSet(input.permissions),
        ipRules: sortedSet(input.ipRules),
        createdAt: now,
        updatedAt: now,
        version: 1,
      };
      const version = newVersion(deps, {
        keyId: key.id,
        revision: 1,
        secretSha256: secretSha256(secret),
        displayPrefix,
        createdAt: now,
        confirmedAt: now,
        validUntil: null,
      });
      if (claim !== null) await remember(stores, claim, { key, now });
      stores.keys.insertLast(key, version);
      await record(
        { ids: deps.ids, stores },
        { actor, action: "keys.create", now },
        {
          workspaceId: key.workspaceId,
          target: { type: "key", id: key.id },
          before: null,
          after: keyFacts(key),
        },
      );
      // All that is shown was just written: nothing has to be read for it.
      const around = { project, versions: [version], binding: undefined, cluster: undefined };
      return { key: viewWith(key, around, now), secret };
    };
    // A claim may change the key that an earlier call made.
    const { result, everywhere } = await (claim === null
      ? deps.database.commitShared(create)
      : deps.database.commit(create));
    // Over at once for a new key; a repetition ended the secret before.
    await everywhere;
    return result;
  };
