import { type ApiKey, ConcurrentChange } from "@itsy/core";
import type { EntityManager } from "typeorm";
import type { CountedGroup } from "../key-index/counts.ts";
import { facetNumber, stateByFacts } from "../key-index/facet.ts";
import { dialectIn } from "../key-index/stretch-sql.ts";
import { OWNED, type StoredKey } from "../key-index/stretches.ts";
import type { Session } from "../session.ts";

interface FactsRow extends CountedGroup {
  readonly environment: ApiKey["environment"];
  readonly pausedAt: number | null;
  readonly revokedAt: number | null;
  readonly isManaged: number;
}

const readFacts = async (manager: EntityManager, keyId: string): Promise<FactsRow | undefined> => {
  const rows = await manager.query<FactsRow[]>(
    `SELECT workspace_id AS workspaceId, project_id AS projectId, facet, environment, paused_at AS pausedAt,
     revoked_at AS revokedAt, ${OWNED} AS isManaged FROM api_keys WHERE id = ?`,
    [keyId],
  );
  return rows[0];
};

interface FacetChange {
  readonly keyId: string;
  readonly before: number;
  readonly after: number;
}

/** Not a change of the key: its version stays, and nobody who remembers it is told. */
const setFacet = async (session: Session, { keyId, before, after }: FacetChange): Promise<void> => {
  if ((await session.updateRows<StoredKey>("api_keys", { id: keyId, facet: before }, { facet: after })) !== 1)
    throw new ConcurrentChange("the facet");
};

/**
 * Brings the facet of a key in line with its facts, and the counters with it; for when something of what it is made of was
 * written. That the key has expired is forgotten: the job finds it again.
 * @throws ConcurrentChange when the facet was changed at the same time.
 */
export const refreshFacet = async (session: Session, manager: EntityManager, keyId: string): Promise<void> => {
  const facts = await readFacts(manager, keyId);
  if (facts === undefined) return;
  const { workspaceId, projectId, facet: before, environment } = facts;
  const after = facetNumber({ environment, state: stateByFacts(facts), isManaged: facts.isManaged === 1 });
  if (after === before) return;
  await setFacet(session, { keyId, before, after });
  session.counts.count({ workspaceId, projectId, facet: before }, -1);
  session.counts.count({ workspaceId, projectId, facet: after }, 1);
};

/** The same when an owner came or went: of two that do so at the same time, the second sees what the first did. */
export const refreshOwned = async (session: Session, manager: EntityManager, keyId: string): Promise<void> => {
  await manager.query(`SELECT id FROM api_keys WHERE id = ? ${dialectIn(manager).forUpdate}`, [keyId]);
  await refreshFacet(session, manager, keyId);
};

/** The facet as it is stored. `null` when there is no such key. */
export const storedFacet = async (manager: EntityManager, keyId: string): Promise<number | null> =>
  (await readFacts(manager, keyId))?.facet ?? null;
