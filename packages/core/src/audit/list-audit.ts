import type { AuditEntryView, AuditPage, ListAuditInput } from "@itsy/contract";

import type { InstallationActor, WorkspaceActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import type { AuditEntry } from "../entities.ts";
import { workspaceSlugs } from "../workspace-slugs.ts";

type Slugs = ReadonlyMap<string | null, string>;

const instantOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));

const slugsOf = (things: readonly { readonly id: string; readonly slug: string }[]): Slugs =>
  new Map(things.map(({ id, slug }) => [id, slug]));

const viewEntry = (entry: AuditEntry, workspaces: Slugs, clusters: Slugs): AuditEntryView => ({
  id: entry.id,
  at: entry.at.toISOString(),
  action: entry.action,
  workspace: workspaces.get(entry.workspaceId) ?? null,
  actor: {
    kind: entry.actorKind,
    tokenId: entry.tokenId,
    role: entry.role,
    cluster: entry.clusterId === null ? null : (clusters.get(entry.clusterId) ?? null),
  },
  target: { type: entry.targetType, id: entry.targetId },
  before: entry.before as AuditEntryView["before"],
  after: entry.after as AuditEntryView["after"],
  ip: entry.ip,
  userAgent: entry.userAgent,
});

/** What was changed. For an admin, in the own workspace; for an operator, of the installation and by its operators. */
export const createAudit = ({ database }: Pick<DomainDeps, "database">) =>
  Object.freeze({
    /** One page, newest first. */
    list: async (actor: InstallationActor | WorkspaceActor, input: ListAuditInput): Promise<AuditPage> => {
      const { limit, cursor, from, to, ...rest } = input;
      const workspaceId = actor.kind === "workspace" ? actor.workspaceId : null;
      const stores = database.read;
      // One more than asked tells whether another page follows.
      const filter = { ...rest, workspaceId, from: instantOf(from), to: instantOf(to), before: cursor };
      const found = await stores.audit.list({ ...filter, limit: limit + 1 });
      const entries = found.slice(0, limit);
      if (entries.length === 0) return { entries: [], nextCursor: null };
      const workspaces = await workspaceSlugs(stores, entries);
      const byCluster = entries.some(({ clusterId }) => clusterId !== null);
      const clusters = slugsOf(byCluster ? await stores.clusters.list() : []);
      return {
        entries: entries.map((entry) => viewEntry(entry, workspaces, clusters)),
        nextCursor: found.length > limit ? (entries.at(-1)?.id ?? null) : null,
      };
    },
  });
export type Audit = ReturnType<typeof createAudit>;
