import { WINDOW_MS } from "../../src/rate-limit/rate-decision.ts";

/** A request that was accepted, or sent, at an instant of true time. */
export interface LoggedRequest {
  readonly atMs: number;
  readonly cost: number;
}

/**
 * By how many permits the fullest window exceeds the limit. A window is 60 seconds without its end; every fullest one
 * can be moved so that it ends right after an acceptance, so those are all that must be looked at: from `sinceMs` on.
 */
export const overAdmission = (accepted: readonly LoggedRequest[], limit: number, sinceMs = 0): number => {
  let worst = 0;
  let inside = 0;
  let begin = 0;
  for (const { atMs, cost } of accepted) {
    inside += cost;
    for (let first = accepted[begin]; first !== undefined && first.atMs <= atMs - WINDOW_MS; first = accepted[begin]) {
      inside -= first.cost;
      begin += 1;
    }
    if (atMs >= sinceMs) worst = Math.max(worst, inside - limit);
  }
  return worst;
};

/** What a sliding window that knows everything would have accepted of the same requests, in permits. */
export const idealAdmission = (sent: readonly LoggedRequest[], limit: number): number => {
  const log: LoggedRequest[] = [];
  let total = 0;
  let inside = 0;
  let begin = 0;
  for (const request of sent) {
    for (let first = log[begin]; first !== undefined && first.atMs <= request.atMs - WINDOW_MS; first = log[begin]) {
      inside -= first.cost;
      begin += 1;
    }
    if (inside + request.cost > limit) continue;
    log.push(request);
    inside += request.cost;
    total += request.cost;
  }
  return total;
};
