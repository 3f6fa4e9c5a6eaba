import type {
  LastUse,
  QuotaTold,
  UsageCount,
  UsageMonth,
  UsageRange,
  UsageSince,
  UsageStore,
  UsageWriterRow,
} from "@itsy/core";
import { LessThan } from "typeorm";

import type { Session } from "../session.ts";
import { costsOf, quotaStates, requestsSince, steps } from "./usage-reads.ts";
import { months } from "./usage-tables.ts";
import { addHours, addMonths, claim, purge, tell, touch } from "./usage-writes.ts";

export const createUsageStore = (session: Session): UsageStore =>
  Object.freeze({
    claim: (writer: UsageWriterRow) => claim(session, writer),
    addHours: (counts: readonly UsageCount[]) => session.write((manager) => addHours(manager, counts)),
    addMonths: (months: readonly UsageMonth[]) => session.write((manager) => addMonths(manager, months)),
    touchKeys: (uses: readonly LastUse[]) => session.write((manager) => touch(manager, "api_keys", uses)),
    touchVersions: (uses: readonly LastUse[]) => session.write((manager) => touch(manager, "secret_versions", uses)),
    requestsSince: async (scopeIds: readonly string[], since: UsageSince) =>
      scopeIds.length === 0 ? new Map() : session.read((manager) => requestsSince(manager, scopeIds, since)),
    costsOf: async (workspaceIds: readonly string[], month: Date) =>
      workspaceIds.length === 0 ? new Map() : session.read((manager) => costsOf(manager, workspaceIds, month)),
    quotaStates: (workspaceIds: readonly string[], month: Date) =>
      session.read((manager) => quotaStates(manager, workspaceIds, month)),
    tell: (told: QuotaTold) => session.write((manager) => tell(manager, told)),
    untell: (workspaceId: string, month: Date) =>
      session.write(
        async (manager) => void (await months(manager).update({ workspaceId, month }, { toldPercent: null })),
      ),
    steps: (scopeId: string, range: UsageRange) => session.read((manager) => steps(manager, scopeId, range)),
    purge: (before: Date, limit: number) => session.write((manager) => purge(manager, before, limit)),
    forgetWritersSeenBefore: (instant: Date) =>
      session.write(
        async (manager) => void (await manager.getRepository("usage_writers").delete({ seenAt: LessThan(instant) })),
      ),
    forgetWriter: (id: string) =>
      session.write(async (manager) => void (await manager.getRepository("usage_writers").delete({ id }))),
  });
