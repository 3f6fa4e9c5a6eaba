import type { KeyChange } from "@itsy/core";

import type { Run } from "./engine.ts";
import type { ChangedKeys } from "./session.ts";

/** Rows in one statement. */
const ROWS_MAX = 500;

/**
 * Puts what the transaction changed into the change feed, as its last statement: the rows are committed with the changes
 * or not at all. Keys that the same transaction created are left out, since nobody can remember them.
 */
export const insertChanges = async (run: Run, ids: ChangedKeys, newId: () => string): Promise<readonly KeyChange[]> => {
  const changes = [...ids.changed]
    .filter((keyId) => !ids.created.has(keyId))
    .map((keyId): KeyChange => ({ id: newId(), keyId }));
  for (let start = 0; start < changes.length; start += ROWS_MAX) {
    const part = changes.slice(start, start + ROWS_MAX);
    const sql = `INSERT INTO key_changes (id, key_id) VALUES ${part.map(() => "(?, ?)").join(", ")}`;
    await run((manager) =>
      manager.query(
        sql,
        part.flatMap(({ id, keyId }) => [id, keyId]),
      ),
    );
  }
  return changes;
};
