import type { LeaseState } from "../revocation/follow-changes.ts";
import { shareInFlight } from "./in-flight.ts";
import type { Lifecycle } from "./lifecycle.ts";

/**
 * Why the service is or is not ready, by part. While a replica's lease, and its grace, last it verifies known keys from memory, with or
 * without the database, and is ready for that: no replica must be taken out of service for an outage that it bridges.
 */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: {
    readonly database: "ok" | "unreachable";
    readonly lease: LeaseState;
    readonly migrations: "ok" | "pending" | "unknown";
    /** `missing`: something that works needs a pepper that this replica lacks; it would call good keys unknown. */
    readonly peppers: "ok" | "missing" | "unknown";
    readonly draining: "no" | "yes";
  };
}

export interface ReadinessDeps {
  readonly storage: { ping(): Promise<void>; migrationsPending(): Promise<boolean> };
  readonly lifecycle: Lifecycle;
  /** Whether memory may be answered from although the database cannot be asked. */
  readonly leaseState: () => LeaseState;
  /** Whether something that works needs a pepper that this replica lacks. */
  readonly lacksPepper: () => Promise<boolean>;
  /** How long the database may take to answer. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS_DEFAULT = 2000;

const within = <Value>(timeoutMs: number, work: Promise<Value>): Promise<Value> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("the database did not answer in time")), timeoutMs);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
};

/** Asks the database now; those who ask at the same time share one answer. */
export const createReadiness = (deps: ReadinessDeps) => {
  const { storage, lifecycle, leaseState, lacksPepper, timeoutMs = TIMEOUT_MS_DEFAULT } = deps;
  let migrated = false;

  // Looked at last: asking may have taken longer than the lease lasted.
  const ask = async (): Promise<Readiness["checks"]> => {
    const draining = lifecycle.draining ? "yes" : "no";
    try {
      await within(timeoutMs, storage.ping());
      // Migrations only ever get done.
      migrated ||= !(await within(timeoutMs, storage.migrationsPending()));
      const peppers = (await within(timeoutMs, lacksPepper())) ? "missing" : "ok";
      return { database: "ok", lease: leaseState(), migrations: migrated ? "ok" : "pending", peppers, draining };
    } catch {
      const migrations = migrated ? "ok" : "unknown";
      return { database: "unreachable", lease: leaseState(), migrations, peppers: "unknown", draining };
    }
  };

  const askOnce = shareInFlight(ask);
  return async (): Promise<Readiness> => {
    const checks = await askOnce();
    const canAnswer = checks.database === "ok" || checks.lease !== "none";
    const isFit = checks.migrations === "ok" && checks.peppers !== "missing" && checks.draining === "no";
    return { ready: canAnswer && isFit, checks };
  };
};
export type AskReadiness = ReturnType<typeof createReadiness>;
