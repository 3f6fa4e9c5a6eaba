import type { BarrierResult } from "../revocation/barrier-result.ts";
import type { KeyChange } from "../revocation/ports.ts";
import type { AuditStore } from "./audit.ts";
import type { BindingStore } from "./bindings.ts";
import type { IdempotencyStore } from "./idempotency.ts";
import type { KeyStore } from "./keys.ts";
import type { PepperStore } from "./peppers.ts";
import type { ClusterStore, ProjectStore, WorkspaceStore } from "./tenancy.ts";
import type { TokenStore } from "./tokens.ts";
import type { UsageStore } from "./usage.ts";
import type { VersionStore } from "./versions.ts";

/** Everything the domain asks of a database. Reads see committed data; writes only happen inside `transaction`. */
export interface Database {
  readonly read: Stores;
  /** Called when a transaction that changed keys or tokens has committed, before `transaction` and `commit` return. */
  onKeysChanged(listener: KeysChangedListener): void;
  /**
   * Runs `work` in one transaction. Run again from its start when the database reports a deadlock or a conditional
   * update found nothing (`ConcurrentChange`): `work` must have no effect outside the transaction.
   */
  transaction<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result>;
  /**
   * The same, and tells when every replica follows what it changed. A use-case that ends something waits for that before
   * it answers; everything else lets it come.
   */
  commit<Result>(work: (stores: Stores) => Promise<Result>, bound?: RetryBound): Promise<Committed<Result>>;
  /**
   * The same for work that only adds what nobody knows yet: it may share its transaction with other work of that kind.
   * One that throws throws to its caller alone.
   */
  commitShared<Result>(work: (stores: Stores) => Promise<Result>): Promise<Committed<Result>>;
  /** What was thrown says that nothing is wrong with what was asked; `null`: it does not. */
  troubleOf(error: unknown): DatabaseTrouble | null;
}

export interface RetryBound {
  /**
   * In milliseconds since the first run began, which the wait for a connection is not part of: what fails later is not run
   * again. Left out: a few seconds.
   */
  readonly retryForMs?: number;
}

/**
 * | trouble | meaning |
 * |---|---|
 * | `UNREACHABLE` | the database could not be asked, or gave no answer: the transaction may have committed |
 * | `LOCKED` | others held for too long what the transaction needs: it has certainly done nothing |
 */
export type DatabaseTrouble = "UNREACHABLE" | "LOCKED";

export interface Committed<Result> {
  readonly result: Result;
  /** Never rejects. Over at once when the transaction changed no key that anybody can remember. */
  readonly everywhere: Promise<BarrierResult>;
}

/**
 * @param ids of the keys (changed themselves or in their versions) and of the tokens that are different now
 * @param changes the rows that the transaction put into the change feed for them; none where there is no feed, and none
 * for a key that the same transaction created
 * @returns when every replica follows, from the one listener that knows
 */
export type KeysChangedListener = (
  ids: readonly string[],
  changes: readonly KeyChange[],
) => void | Promise<BarrierResult>;

export interface Stores {
  readonly workspaces: WorkspaceStore;
  readonly projects: ProjectStore;
  readonly clusters: ClusterStore;
  readonly tokens: TokenStore;
  readonly keys: KeyStore;
  readonly versions: VersionStore;
  readonly bindings: BindingStore;
  readonly audit: AuditStore;
  readonly idempotency: IdempotencyStore;
  readonly usage: UsageStore;
  readonly peppers: PepperStore;
}
