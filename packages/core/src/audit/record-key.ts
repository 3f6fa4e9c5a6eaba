import type { ApiKey, Facts } from "../entities.ts";
import { keyFacts } from "./facts.ts";
import { type Doing, type Ledger, record } from "./record.ts";

export interface KeyChange {
  readonly before: ApiKey;
  readonly after: ApiKey;
  /** What is told of the key beside its own fields, for example of its versions. */
  readonly beforeBeside?: Facts;
  readonly afterBeside?: Facts;
}

/** Writes the entry of a change of a key that was there before and still is. */
export const recordKey = (ledger: Ledger, doing: Doing, change: KeyChange): Promise<void> =>
  record(ledger, doing, {
    workspaceId: change.after.workspaceId,
    target: { type: "key", id: change.after.id },
    before: { ...keyFacts(change.before), ...change.beforeBeside },
    after: { ...keyFacts(change.after), ...change.afterBeside },
  });
