import type { Clock, Database, QuotaState } from "../ports.ts";
import { monthOf, percentReached, type QuotaPercent } from "./quota.ts";
import type { QuotaLedger } from "./quota-ledger.ts";

/** A workspace whose month reached a share of its quota. */
export interface QuotaReached extends QuotaState {
  readonly percent: QuotaPercent;
}

export interface LearnQuotasDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly ledger: QuotaLedger;
  /** Told once for each share and month, by one of all replicas. */
  readonly onReached: (reached: QuotaReached) => void;
}

/** Those that reached a share which nobody was told of. */
const reachedIn = (states: readonly QuotaState[]): readonly QuotaReached[] =>
  states.flatMap((state) => {
    const percent = state.quota === null ? null : percentReached(state.quota, state.cost);
    return percent === null || percent <= state.toldPercent ? [] : [{ ...state, percent }];
  });

/** Lets the ledger know what all replicas took; to be run when no batch is under way. */
export const createLearnQuotas =
  ({ database, clock, ledger, onReached }: LearnQuotasDeps) =>
  async (): Promise<void> => {
    const workspaceIds = ledger.wanted();
    if (workspaceIds.length === 0) return;
    const now = clock.now();
    const month = monthOf(now);
    const states = await database.read.usage.quotaStates(workspaceIds, month);
    ledger.learn(states, now);
    const untold = new Map(reachedIn(states).map((reached) => [reached.workspaceId, reached]));
    try {
      for (const [workspaceId, reached] of untold) {
        const { percent } = reached;
        const isFirst = await database.transaction(({ usage }) => usage.tell({ workspaceId, month, percent }));
        untold.delete(workspaceId);
        if (isFirst) onReached(reached);
      }
    } finally {
      ledger.lookAgain(untold.keys());
    }
  };
