import type { Lifecycle } from "./lifecycle.ts";

/** Why the service is or is not ready, by part. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: {
    readonly database: "ok" | "unreachable";
    readonly migrations: "ok" | "pending" | "unknown";
    readonly draining: "no" | "yes";
  };
}

export interface ReadinessDeps {
  readonly storage: { ping(): Promise<void>; migrationsPending(): Promise<boolean> };
  readonly lifecycle: Lifecycle;
  /** How long the database may take to answer. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS_DEFAULT = 2000;

const within = <Value>(timeoutMs: number, work: Promise<Value>): Promise<Value> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("the database did not answer in time")), timeoutMs);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
};

/** Asks the database now; those who ask at the same time share one answer, so that asking cannot become a load. */
export const createReadiness = ({ storage, lifecycle, timeoutMs = TIMEOUT_MS_DEFAULT }: ReadinessDeps) => {
  let asking: Promise<Readiness["checks"]> | null = null;
  let migrated = false;

  const ask = async (): Promise<Readiness["checks"]> => {
    const draining = lifecycle.draining ? "yes" : "no";
    try {
      await within(timeoutMs, storage.ping());
      // Migrations only ever get done.
      migrated ||= !(await within(timeoutMs, storage.migrationsPending()));
      return { database: "ok", migrations: migrated ? "ok" : "pending", draining };
    } catch {
      return { database: "unreachable", migrations: migrated ? "ok" : "unknown", draining };
    }
  };

  return async (): Promise<Readiness> => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    const checks = await asking;
    return { ready: checks.database === "ok" && checks.migrations === "ok" && checks.draining === "no", checks };
  };
};
export type AskReadiness = ReturnType<typeof createReadiness>;
