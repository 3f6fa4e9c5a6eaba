export interface RetryBudgetSettings {
  /** Retries for each call, on average; 0.1 lets one call in ten be retried. */
  readonly share: number;
  /** Retries for each minute beside the share, so that a service with few calls can retry at all. */
  readonly floorPerMinute: number;
}

/** One purse for all calls of a verifier: when everything fails, retries stay a share of the load and do not double it. */
export interface RetryBudget {
  /** A call sent its first attempt. */
  readonly earn: () => void;
  /** Pays for one retry; `false` when there is nothing left. */
  readonly spend: () => boolean;
}

const MINUTE_MS = 60_000;

/**
 * A token bucket, full at the start and never holding more than one minute's floor (at least one retry):
 * in any stretch of time, retries ≤ share × calls + floorPerMinute × minutes + max(1, floorPerMinute).
 */
export const createRetryBudget = (
  { share, floorPerMinute }: RetryBudgetSettings,
  monotonicMs: () => number,
): RetryBudget => {
  const tokensMax = Math.max(1, floorPerMinute);
  let tokens = tokensMax;
  let filledAtMs = monotonicMs();

  const add = (amount: number) => {
    tokens = Math.min(tokensMax, tokens + amount);
  };
  const refill = () => {
    const nowMs = monotonicMs();
    add((Math.max(0, nowMs - filledAtMs) * floorPerMinute) / MINUTE_MS);
    filledAtMs = nowMs;
  };

  return Object.freeze({
    earn: () => add(share),
    spend: () => {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  });
};
