import type { KeyView, ProcedurePath, RevokedKey } from "@itsy/contract";

import type { WorkspaceActor } from "../access/actor.ts";
import { type KeyChange, recordKey } from "../audit/record-key.ts";
import type { DomainDeps } from "../deps.ts";
import type { ApiKey, Binding } from "../entities.ts";
import { DomainError, notFound } from "../errors.ts";
import type { Committed, Stores } from "../ports.ts";
import { everywhereOf } from "../revocation/everywhere.ts";
import { viewKey } from "./key-view.ts";

export type ChangeDeps = Pick<DomainDeps, "database" | "clock" | "ids">;

/** Which key, by whom, by which procedure. */
export interface KeyCall {
  readonly actor: WorkspaceActor;
  readonly keyId: string;
  readonly action: ProcedurePath;
}

/** A key inside the transaction that changes it. */
export interface Changing {
  readonly stores: Stores;
  readonly key: ApiKey;
  readonly now: Date;
}

export type Changed = Omit<KeyChange, "before">;

/** The `ApiKey` object that owns the key, if any. */
export const ownerOf = async ({ stores, key }: Pick<Changing, "stores" | "key">): Promise<Binding | undefined> =>
  (await stores.bindings.listByKeys([key.id]))[0];

export const managedByCluster = ({ namespace, name }: Binding, what: string) =>
  new DomainError(
    "MANAGED_BY_CLUSTER",
    `the ApiKey resource ${namespace}/${name} owns this key: ${what} in its manifest`,
  );

/** A key of the caller's workspace. @throws DomainError `NOT_FOUND`, also for one of another workspace. */
export const requireKey = async (stores: Stores, { actor, keyId }: Omit<KeyCall, "action">): Promise<ApiKey> => {
  const key = await stores.keys.findById(actor.workspaceId, keyId);
  if (key === null) throw notFound("key");
  return key;
};

/**
 * Changes one key in one transaction, with its entry in the audit, and shows it. `work` that changes nothing returns
 * the key as it was: then nothing is written, but whoever asked for it again may still wait until it holds everywhere.
 * @throws DomainError `NOT_FOUND`, also for a key of another workspace.
 */
export const commitKeyChange = (
  { database, clock, ids }: ChangeDeps,
  call: KeyCall,
  work: (changing: Changing) => Promise<Changed>,
): Promise<Committed<KeyView>> =>
  database.commit(async (stores) => {
    const now = clock.now();
    const key = await requireKey(stores, call);
    const changed = await work({ stores, key, now });
    if (changed.after === key) stores.keys.announce(key.id);
    await recordKey({ ids, stores }, { actor: call.actor, action: call.action, now }, { ...changed, before: key });
    return viewKey(stores, changed.after, now);
  });

/**
 * The same for what ends or tightens something: every replica follows when the call returns with
 * `effectiveEverywhere: true`.
 */
export const changeKey = async (
  deps: ChangeDeps,
  call: KeyCall,
  work: (changing: Changing) => Promise<Changed>,
): Promise<RevokedKey> => {
  const { result, everywhere } = await commitKeyChange(deps, call, work);
  return { ...result, ...everywhereOf(await everywhere) };
};

/** @throws DomainError `CONFLICT` for a revoked key: nothing of it changes any more. */
export const requireNotRevoked = (key: ApiKey): void => {
  if (key.revokedAt !== null) throw new DomainError("CONFLICT", "the key is revoked");
};
