import { REQUESTS_PER_MINUTE_DEFAULT } from "@itsy/contract";

import type { ApiKey, Workspace } from "../entities.ts";
import { DomainError } from "../errors.ts";
import { ConcurrentChange, type Stores } from "../ports.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The limit of a key that was asked for without one. */
export const defaultRequestsPerMinute = (workspace: Workspace): number =>
  workspace.defaultRequestsPerMinute ??
  Math.min(REQUESTS_PER_MINUTE_DEFAULT, workspace.requestsPerMinuteMax ?? REQUESTS_PER_MINUTE_DEFAULT);

/** When a key ends that was asked for without a word of its expiry; `null`: never. */
export const defaultExpiry = (workspace: Workspace, now: Date): Date | null => {
  const days = workspace.defaultKeyLifetimeDays ?? workspace.keyLifetimeDaysMax;
  return days === null ? null : new Date(now.getTime() + days * DAY_MS);
};

type Wanted = Partial<Pick<ApiKey, "requestsPerMinute" | "expiresAt">>;

/** What is left out is not looked at. @throws DomainError `ABOVE_MAXIMUM`. */
export const requireWithin = (workspace: Workspace, { requestsPerMinute, expiresAt }: Wanted, now: Date): void => {
  const { requestsPerMinuteMax, keyLifetimeDaysMax } = workspace;
  if (requestsPerMinute !== undefined && requestsPerMinuteMax !== null && requestsPerMinute > requestsPerMinuteMax) {
    const message = `this workspace allows at most ${requestsPerMinuteMax} requests per minute for a key`;
    throw new DomainError("ABOVE_MAXIMUM", message);
  }
  if (expiresAt === undefined || keyLifetimeDaysMax === null) return;
  if (expiresAt === null || expiresAt.getTime() > now.getTime() + keyLifetimeDaysMax * DAY_MS) {
    const message = `in this workspace a key must expire within ${keyLifetimeDaysMax} days`;
    throw new DomainError("ABOVE_MAXIMUM", message);
  }
};

/**
 * Room for one more key that is not revoked. Where there is a maximum, those who make keys take turns, by a lock on the
 * workspace's row: whoever counts sees the keys of all before.
 * @param isMade whether the key is there by now, for which this transaction found nothing before its turn
 * @throws DomainError `KEY_LIMIT_REACHED`. ConcurrentChange where the same call, repeated, took the place meanwhile.
 */
export const requireRoom = async (
  stores: Stores,
  workspace: Workspace,
  isMade: () => Promise<boolean>,
): Promise<void> => {
  if (workspace.keysMax === null) return;
  // While others had their turn, the maximum may have been changed.
  const keysMax = (await stores.workspaces.lock(workspace.id))?.keysMax ?? null;
  if (keysMax === null || (await stores.keys.takePlace(workspace.id, keysMax))) return;
  if (await isMade()) throw new ConcurrentChange("the key");
  const message = `this workspace may have ${keysMax} keys, and has them: revoke one, or have its maximum raised`;
  throw new DomainError("KEY_LIMIT_REACHED", message);
};

/** @throws Error: a caller belongs to a workspace that is there. */
export const workspaceOf = async (stores: Stores, id: string): Promise<Workspace> => {
  const workspace = await stores.workspaces.findById(id);
  if (workspace === null) throw new Error(`there is no workspace ${id}`);
  return workspace;
};
