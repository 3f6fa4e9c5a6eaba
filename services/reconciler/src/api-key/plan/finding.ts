/**
 * Why an ApiKey is in its state: the `reason` of its conditions, and stable. `docs` of the meaning: the table in
 * services/reconciler/README.md.
 */
export type Reason =
  | "Delivered"
  | "Paused"
  | "PausedOutOfBand"
  | "NotGranted"
  | "SecretConflict"
  | "RevokedOutOfBand"
  | "DeletedOutOfBand"
  | "Released"
  | "Expired"
  | "NamespaceTerminating"
  | "InvalidSpec"
  | "ServiceForbidden"
  | "ServiceRefused"
  | "ServiceUnreachable"
  | "TokenRefused"
  | "MissingPermission"
  | "SecretRejected";

/** What is reported of an ApiKey. */
export interface Finding {
  readonly reason: Reason;
  /** For people. Never holds a secret or a digest. */
  readonly message: string;
  /** The value in the Secret works. `unchanged`: nobody could look, so what was last known stands. */
  readonly ready: boolean | "unchanged";
  /** `reconciling`: tried again without anybody's help. `stalled`: only a person can help. */
  readonly progress: "settled" | "reconciling" | "stalled";
}

export const stalled = (reason: Reason, message: string): Finding => ({
  reason,
  message,
  ready: false,
  progress: "stalled",
});

export const settled = (reason: Reason, ready: boolean, message: string): Finding => ({
  reason,
  message,
  ready,
  progress: "settled",
});
