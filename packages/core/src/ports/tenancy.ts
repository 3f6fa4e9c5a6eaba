import type { Cluster, Project, Workspace } from "../entities.ts";

export interface WorkspacesPage {
  /** The slug of the last workspace of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface WorkspaceStore {
  insert(workspace: Workspace): Promise<void>;
  findById(id: string): Promise<Workspace | null>;
  findBySlug(slug: string): Promise<Workspace | null>;
  /** The row as it is committed now; whoever else asks for it waits until this transaction has ended. */
  lock(id: string): Promise<Workspace | null>;
  /** Of those that there are, in no order. */
  findMany(ids: readonly string[]): Promise<readonly Workspace[]>;
  /** By slug, from the one after a place. */
  list(page: WorkspacesPage): Promise<readonly Workspace[]>;
  /**
   * Writes the change where the row still has `workspace.version`, and grows the version by one.
   * @throws ConcurrentChange when it has not.
   */
  update(workspace: Workspace, change: WorkspaceChange): Promise<Workspace>;
}

/** A field that is `undefined` stays as it is. */
export type WorkspaceChange = {
  readonly [Field in
    | "name"
    | "defaultRequestsPerMinute"
    | "requestsPerMinuteMax"
    | "defaultKeyLifetimeDays"
    | "keyLifetimeDaysMax"
    | "keysMax"
    | "leakPolicy"
    | "quotaPerMonth"
    | "quotaMode"]?: Workspace[Field] | undefined;
};

export interface ProjectStore {
  insert(project: Project): Promise<void>;
  findBySlug(workspaceId: string, slug: string): Promise<Project | null>;
  /** The row as it is committed now; whoever else asks for it waits until this transaction has ended. */
  lock(workspaceId: string, slug: string): Promise<Project | null>;
  /** By slug. */
  list(workspaceId: string): Promise<readonly Project[]>;
  rename(project: Project, name: string): Promise<void>;
  /** Whether any key belongs to it, of whatever status. */
  hasKeys(project: Project): Promise<boolean>;
  /** @throws ConcurrentChange when it got a key at the same time. */
  delete(project: Project): Promise<void>;
}

export interface ClusterStore {
  insert(cluster: Cluster): Promise<void>;
  findById(id: string): Promise<Cluster | null>;
  findBySlug(slug: string): Promise<Cluster | null>;
  /** The row as it is committed now; whoever else asks for it waits until this transaction has ended. */
  lock(slug: string): Promise<Cluster | null>;
  /** By slug. */
  list(): Promise<readonly Cluster[]>;
  /** Lets the cluster act for the workspace. Allowed before: nothing happens. */
  allow(clusterId: string, workspaceId: string): Promise<void>;
  disallow(clusterId: string, workspaceId: string): Promise<void>;
  isAllowed(clusterId: string, workspaceId: string): Promise<boolean>;
  /** The workspaces that each of the clusters may act for, by slug. */
  allowedWorkspaces(clusterIds: readonly string[]): Promise<ReadonlyMap<string, readonly Workspace[]>>;
}
