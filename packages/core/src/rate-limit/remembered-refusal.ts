import { WINDOW_MS } from "./rate-decision.ts";
import type { RateRow } from "./rate-row.ts";
import { admitsAtMs, mayComeBackAtMs, permitsFree } from "./window-view.ts";

/** What a replica knows of a window, and since when. */
export interface WindowView {
  readonly row: RateRow;
  readonly limit: number;
  /** The limit that the callers believed in, when it was another one. */
  readonly believedLimit: number;
  /** The replica's monotonic clock after the row was read: the database's clock showed `row.clockMs` before. */
  readonly readMs: number;
}

/** One clock may run slow and the other fast; see `CLOCK_RATE_MARGIN_MS`. */
const CLOCK_RATE_ERROR = 0.001;

/** When the database's clock shows at least the instant, on the replica's monotonic clock. */
export const locallyAtMs = ({ row, readMs }: WindowView, databaseMs: number): number =>
  readMs + (databaseMs - row.clockMs) * (1 + CLOCK_RATE_ERROR);

/** When the database's clock can show the instant at the earliest, on the replica's monotonic clock. */
const locallyNotBeforeMs = ({ row, readMs }: WindowView, databaseMs: number): number =>
  readMs + (databaseMs - row.clockMs) * (1 - CLOCK_RATE_ERROR);

/** What the database's clock shows at least, at an instant of the replica's monotonic clock. */
export const databaseNowMs = ({ row, readMs }: WindowView, nowMs: number): number =>
  row.clockMs + Math.max(0, nowMs - readMs) / (1 + CLOCK_RATE_ERROR);

/** When a request that the window refuses can be accepted, in milliseconds from now. */
export const retryAfterMs = (view: WindowView, cost: number, nowMs: number): number => {
  if (cost > view.limit) return WINDOW_MS;
  return Math.max(1, Math.ceil(locallyAtMs(view, admitsAtMs(view.row, view.limit, cost)) - nowMs));
};

/** What lets a replica refuse without asking the database. */
export interface RememberedRefusal {
  readonly view: WindowView;
  /** Requests of this cost or a higher one are refused … */
  readonly cost: number;
  /** … before this instant of the replica's monotonic clock. */
  readonly untilMs: number;
}

/** A cost that the limit never admits is refused by what is known of the window for so long: it is told the state. */
const HOPELESS_MS = 1000;

/** `null` when the window admits the cost. */
export const rememberRefusal = (view: WindowView, cost: number): RememberedRefusal | null => {
  if (cost > view.limit) return { view, cost, untilMs: view.readMs + HOPELESS_MS };
  if (permitsFree(view.row, view.limit) >= cost) return null;
  const againMs = Math.min(admitsAtMs(view.row, view.limit, cost), mayComeBackAtMs(view.row));
  return { view, cost, untilMs: locallyNotBeforeMs(view, againMs) };
};

/** Whether the request would be refused again. A limit that nobody knew of then is not answered from memory. */
export const isRefused = (
  { view, cost, untilMs }: RememberedRefusal,
  request: { readonly limit: number; readonly cost: number },
  nowMs: number,
): boolean =>
  nowMs < untilMs && request.cost >= cost && (request.limit <= view.limit || request.limit === view.believedLimit);
