import type { ScannerActor } from "../access/actor.ts";
import type { DomainDeps } from "../deps.ts";
import type { Stores } from "../ports.ts";

/** What became of one leak. `ended`: it was a secret, and had ended already. */
export type LeakOutcome = "unknown" | "ended" | "notified" | "paused" | "revoked";

/** The transaction that handles one leak. */
export interface Reporting {
  readonly stores: Stores;
  readonly ids: DomainDeps["ids"];
  readonly actor: ScannerActor;
  readonly now: Date;
}

/** A secret or a token by its digests, one for each live pepper, and where it was found. */
export interface Leak {
  readonly digests: readonly Uint8Array[];
  readonly location: string | null;
}
