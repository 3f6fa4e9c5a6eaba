import { type EntityManager, In, LessThanOrEqual } from "typeorm";

import type { Engine } from "../engine.ts";
import { placeholders } from "../id-list.ts";
import { type CountedGroup, createCountChanges, nameOf, writeCounts } from "./counts.ts";
import { expiredFacet, facetNumbers, unmarked } from "./facet.ts";
import { dialectIn } from "./stretch-sql.ts";
import type { StoredKey } from "./stretches.ts";

/** Keys in one transaction: whoever changes one of them at the same time waits for it. */
const KEYS_MAX = 200;
/** Workspaces in one statement. */
const WORKSPACES_MAX = 50;

const table = (manager: EntityManager) => manager.getRepository<StoredKey>("api_keys");

interface Due extends CountedGroup {
  readonly id: string;
}

const findDue = (manager: EntityManager, workspaceIds: readonly string[], before: Date): Promise<Due[]> =>
  manager.query<Due[]>(
    `SELECT id, workspace_id AS workspaceId, project_id AS projectId, facet
     FROM api_keys ${dialectIn(manager).useIndex("api_keys_workspace_facet_expires")}
     WHERE workspace_id IN (${placeholders(workspaceIds.length)})
     AND facet IN (${facetNumbers({ states: unmarked }).join(", ")}) AND expires_at <= ? LIMIT ${KEYS_MAX}`,
    [...workspaceIds, before.getTime()],
  );

/** Each only where it is still due: another replica may have been faster, or the expiry moved. */
const mark = (engine: Engine, due: readonly Due[], { before, random }: MarkOptions): Promise<void> =>
  engine.inTurn((transact) =>
    transact(async (transaction) => {
      const counts = createCountChanges();
      for (const group of Map.groupBy(due, nameOf).values()) {
        const [{ facet, ...rest }] = group as [Due];
        const ids = group.map(({ id }) => id);
        const { affected } = await transaction.run((manager) =>
          table(manager).update(
            { id: In(ids), facet, expiresAt: LessThanOrEqual(before) },
            { facet: expiredFacet(facet) },
          ),
        );
        counts.count({ ...rest, facet }, -(affected ?? 0));
        counts.count({ ...rest, facet: expiredFacet(facet) }, affected ?? 0);
      }
      writeCounts(transaction, counts, { dialect: engine.dialect, random });
    }),
  );

export interface MarkOptions {
  /** Every key that expired by then. */
  readonly before: Date;
  readonly random: () => number;
}

/**
 * Puts into the facet of each key that it has expired, so that lists and counts need not look for it. They are right
 * without it, and slower the more keys are late. Nothing else of a key changes. How many were looked at.
 */
export const markExpired = async (engine: Engine, options: MarkOptions): Promise<number> => {
  const rows = await engine.read((manager) => manager.query<{ id: string }[]>("SELECT id FROM workspaces ORDER BY id"));
  const ids = rows.map(({ id }) => id);
  let marked = 0;
  for (let start = 0; start < ids.length; start += WORKSPACES_MAX) {
    const part = ids.slice(start, start + WORKSPACES_MAX);
    for (;;) {
      const due = await engine.read((manager) => findDue(manager, part, options.before));
      if (due.length > 0) await mark(engine, due, options);
      marked += due.length;
      if (due.length < KEYS_MAX) break;
    }
  }
  return marked;
};
