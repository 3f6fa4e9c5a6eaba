import type { KeyFilter } from "@itsy/core";
import type { EntityManager } from "typeorm";

import type { Dialect } from "../dialect.ts";
import type { Transaction } from "../engine.ts";
import { type FacetState, facetNumbers, stateOf, unmarked } from "./facet.ts";
import { dialectIn } from "./stretch-sql.ts";

/** Keys that are counted together. */
export interface CountedGroup {
  readonly workspaceId: string;
  readonly projectId: string;
  readonly facet: number;
}

/** What a transaction did to the number of keys of each group. */
export interface CountChanges {
  readonly count: (group: CountedGroup, by: number) => void;
  readonly changes: () => readonly (CountedGroup & { readonly by: number })[];
}

/** Rows of one group: transactions that run at the same time seldom meet in one of them. */
const SHARDS = 8;

export const nameOf = ({ workspaceId, projectId, facet }: CountedGroup) => `${workspaceId} ${projectId} ${facet}`;

export const createCountChanges = (): CountChanges => {
  const groups = new Map<string, CountedGroup & { by: number }>();
  return Object.freeze({
    count: (group: CountedGroup, by: number) => {
      const known = groups.get(nameOf(group));
      if (known === undefined) groups.set(nameOf(group), { ...group, by });
      else known.by += by;
    },
    // In one order for everybody: two transactions cannot wait for each other.
    changes: () =>
      [...groups.values()].filter(({ by }) => by !== 0).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
  });
};

export interface WriteCountsOptions {
  readonly dialect: Dialect;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** Adds what the transaction did to the counters, as the last thing before its end: their rows are locked until then. */
export const writeCounts = (
  { sendLast }: Pick<Transaction, "sendLast">,
  { changes }: CountChanges,
  { dialect, random }: WriteCountsOptions,
): void => {
  const shard = Math.floor(random() * SHARDS);
  const onConflict = dialect.onConflict("workspace_id, project_id, facet, shard");
  const sql = `INSERT INTO key_counts (workspace_id, project_id, facet, shard, amount) VALUES (?, ?, ?, ?, ?) ${onConflict} amount = amount + ?`;
  for (const { workspaceId, projectId, facet, by } of changes())
    sendLast({ sql, values: [workspaceId, projectId, facet, shard, by, by] });
};

interface CountRow {
  readonly facet: number;
  /** Whether the keys have expired and their facet does not say so yet. */
  readonly late: number;
  readonly amount: number | string | null;
}

/**
 * How many keys there are of each status, from the counters and from what expired since the job was here. One statement,
 * so that no key is seen in both or in neither.
 * @param filter without a search
 */
export const readCounts = async (
  manager: EntityManager,
  filter: Omit<KeyFilter, "status">,
): Promise<Record<FacetState, number>> => {
  const { workspaceId, projectId, environment, managed, at } = filter;
  const { useIndex } = dialectIn(manager);
  const all = facetNumbers({ environment, managed }).join(", ");
  const late = facetNumbers({ environment, managed, states: unmarked }).join(", ");
  const inProject = projectId === undefined ? "" : " AND project_id = ?";
  const [index, group] =
    projectId === undefined
      ? ["api_keys_workspace_facet_expires", "workspace_id"]
      : ["api_keys_project_facet_expires", "project_id"];
  const rows = await manager.query<CountRow[]>(
    `SELECT facet, 0 AS late, SUM(amount) AS amount FROM key_counts
     WHERE workspace_id = ?${inProject} AND facet IN (${all}) GROUP BY facet
     UNION ALL
     SELECT facet, 1 AS late, COUNT(*) AS amount FROM api_keys ${useIndex(index)}
     WHERE ${group} = ? AND facet IN (${late}) AND expires_at <= ? GROUP BY facet`,
    [workspaceId, ...(projectId === undefined ? [] : [projectId]), projectId ?? workspaceId, at.getTime()],
  );
  const counts: Record<FacetState, number> = { live: 0, paused: 0, expired: 0, revoked: 0 };
  for (const { facet, late: isLate, amount } of rows) {
    const state = stateOf(facet);
    if (isLate === 0) counts[state] += Number(amount);
    else {
      counts[state] -= Number(amount);
      counts.expired += Number(amount);
    }
  }
  return counts;
};

/** From the counters alone: an expired key is not revoked, whatever its facet says. */
export const readNotRevoked = async (manager: EntityManager, workspaceId: string): Promise<number> => {
  const facets = facetNumbers({ states: ["live", "paused", "expired"] }).join(", ");
  const [row] = await manager.query<{ amount: number | string | null }[]>(
    `SELECT SUM(amount) AS amount FROM key_counts WHERE workspace_id = ? AND facet IN (${facets})`,
    [workspaceId],
  );
  return Number(row?.amount ?? 0);
};
