import type { SetQuotaInput, WorkspaceView } from "@itsy/contract";

import type { InstallationActor } from "../access/actor.ts";
import { workspaceFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import type { DomainDeps } from "../deps.ts";
import { notFound } from "../errors.ts";
import { monthOf } from "../usage/quota.ts";
import { viewWorkspace } from "./workspace-view.ts";

/**
 * What a workspace may consume in a month; every replica goes by it about a second later.
 * @throws DomainError `NOT_FOUND`.
 */
export const createSetQuota =
  ({ database, clock, ids }: Pick<DomainDeps, "database" | "clock" | "ids">) =>
  async (actor: InstallationActor, { workspace: slug, quota }: SetQuotaInput): Promise<WorkspaceView> =>
    database.transaction(async (stores) => {
      const now = clock.now();
      const before = await stores.workspaces.findBySlug(slug);
      if (before === null) throw notFound("workspace");
      const change = { quotaPerMonth: quota?.perMonth ?? null, quotaMode: quota?.mode ?? null };
      const after = await stores.workspaces.update(before, change);
      if (before.quotaPerMonth !== after.quotaPerMonth) await stores.usage.untell(after.id, monthOf(now));
      await record(
        { ids, stores },
        { actor, action: "workspaces.setQuota", now },
        {
          workspaceId: after.id,
          target: { type: "workspace", id: after.id },
          before: workspaceFacts(before),
          after: workspaceFacts(after),
        },
      );
      return viewWorkspace(stores, after, now);
    });
