import { REQUESTS_PER_MINUTE_DEFAULT } from "@itsy/contract";

import type { ApiKey, Workspace } from "../entities.ts";
import { DomainError } from "../errors.ts";
import type { Stores } from "../ports.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** The limit of a key that was asked for without one. */
export const defaultRequestsPerMinute = (workspace: Workspace): number =>
  workspace.defaultRequestsPerMinute ??
  Math.min(REQUESTS_PER_MINUTE_DEFAULT, workspace.requestsPerMinuteMax ?? REQUESTS_PER_MINUTE_DEFAULT);

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
 * Room for one more key that is not revoked. Where there is a maximum, the workspace's row is the guard: of two that
 * see the last place, one finds the row changed and looks again.
 * @throws DomainError `KEY_LIMIT_REACHED`.
 */
export const requireRoom = async (stores: Stores, workspace: Workspace): Promise<void> => {
  const { keysMax } = workspace;
  if (keysMax === null) return;
  if ((await stores.keys.countNotRevoked(workspace.id)) >= keysMax) {
    const message = `this workspace may have ${keysMax} keys, and has them: revoke one, or have its maximum raised`;
    throw new DomainError("KEY_LIMIT_REACHED", message);
  }
  await stores.workspaces.update(workspace, {});
};

/** @throws Error: a caller belongs to a workspace that is there. */
export const workspaceOf = async (stores: Stores, id: string): Promise<Workspace> => {
  const workspace = await stores.workspaces.findById(id);
  if (workspace === null) throw new Error(`there is no workspace ${id}`);
  return workspace;
};
