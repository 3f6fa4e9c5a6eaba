/** A change of a key: asked for, and perhaps returned. */
export interface ChangeRecord {
  readonly node: string;
  readonly keyId: string;
  /** What it made of the key, once that is known. */
  version: number | null;
  readonly invokedAt: number;
  returnedAt: number | null;
  /** What the call said; `null` as long as it said nothing, or failed. */
  effectiveEverywhere: boolean | null;
  waitedMs: number | null;
}

/** A request that was answered. The version is that of the record that it was judged by. */
export interface VerifyRecord {
  readonly node: string;
  readonly keyId: string;
  readonly version: number;
  readonly fromMemory: boolean;
  readonly invokedAt: number;
  readonly returnedAt: number;
}

/** Instants are ticks of the world: two events never share one. */
export interface History {
  readonly changes: ChangeRecord[];
  readonly verifies: VerifyRecord[];
}

export interface Violation {
  readonly change: ChangeRecord;
  readonly verify: VerifyRecord;
}

/**
 * The promise: what began after a change had returned as effective everywhere is judged by that change or a later one.
 * (Pausing, revoking, ending an overlap, tightening a limit are all changes; "accepts a revoked key" is one case.)
 */
export const findViolations = ({ changes, verifies }: History): readonly Violation[] =>
  verifies.flatMap((verify) => {
    const change = changes.find(
      ({ keyId, version, returnedAt, effectiveEverywhere }) =>
        keyId === verify.keyId &&
        effectiveEverywhere === true &&
        version !== null &&
        returnedAt !== null &&
        returnedAt < verify.invokedAt &&
        verify.version < version,
    );
    return change === undefined ? [] : [{ change, verify }];
  });
