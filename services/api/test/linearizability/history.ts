/** All instants are milliseconds of the one monotonic clock of the process that keeps the history. */
export type Instant = number;

/** A secret that was handed out: it works from when the call that made it returned. */
export interface Born {
  readonly kind: "born";
  readonly secret: string;
  readonly returned: Instant;
}

/** A call that ends a secret: revoke, or a rotation. */
export interface Ended {
  readonly kind: "ended";
  readonly secret: string;
  readonly by: "revoke" | "rotate" | "rotate with overlap";
  readonly invoked: Instant;
  /**
   * From when on no replica may accept the secret: when the call returned with `effectiveEverywhere: true`, and its
   * overlap was over. `null`: it failed, or promised nothing.
   */
  readonly holdsFrom: Instant | null;
  /** What the service says it waited for, in milliseconds; `null` without an answer. */
  readonly waitedMs: number | null;
}

/** A verification that was answered. */
export interface Used {
  readonly kind: "used";
  readonly secret: string;
  readonly replica: string;
  readonly invoked: Instant;
  readonly returned: Instant;
  readonly accepted: boolean;
}

export type Entry = Born | Ended | Used;
