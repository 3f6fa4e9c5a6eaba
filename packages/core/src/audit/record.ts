import type { AuditTargetType } from "@itsy/contract";

import type { Actor, ScannerActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import type { AuditAction, Facts } from "../entities.ts";
import type { Stores } from "../ports.ts";
import { changedFacts } from "./changed-facts.ts";

/** Who does something, and by what. */
export interface Doing {
  readonly actor: Actor | ScannerActor;
  readonly action: AuditAction;
  readonly now: Date;
}

/** A change of one thing; `before` and `after` may hold what stayed as it was. */
export interface Change {
  /** Whose thing it is; `null`: the installation's. */
  readonly workspaceId: string | null;
  readonly target: { readonly type: AuditTargetType; readonly id: string };
  readonly before: Facts | null;
  readonly after: Facts | null;
}

/** Where entries go: the ids that they get, and the stores of the transaction that makes the change. */
export interface Ledger {
  readonly ids: DomainDeps["ids"];
  readonly stores: Pick<Stores, "audit">;
}

/** Writes the entry of a change, in the change's own transaction. Where nothing changed, nothing is written. */
export const record = async ({ ids, stores }: Ledger, doing: Doing, change: Change): Promise<void> => {
  const changed = changedFacts(change);
  if (changed === null) return;
  const { actor, action, now } = doing;
  await stores.audit.append({
    id: ids.next("aud"),
    at: now,
    workspaceId: change.workspaceId,
    actorKind: actor.kind,
    tokenId: actor.tokenId,
    role: actor.role,
    clusterId: actor.kind === "cluster" ? actor.clusterId : null,
    action,
    targetType: change.target.type,
    targetId: change.target.id,
    ...changed,
    ip: actor.origin?.ip ?? null,
    userAgent: actor.origin?.userAgent ?? null,
  });
};
