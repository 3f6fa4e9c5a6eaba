import type { RefusalCode } from "@itsy/contract";

/** All instants are milliseconds of the one monotonic clock of the process that keeps the history. */
export type Instant = number;

/** A secret that was handed out: it works from when the call that made it returned. */
export interface Born {
  readonly kind: "born";
  readonly keyId: string;
  readonly secret: string;
  readonly returned: Instant;
}

/** What a call makes of a key, or of some of its secrets. */
export type Effect =
  /** `ended`: told as `REVOKED` from then on; `gone`: as `NOT_FOUND`. Neither is ever undone. */
  | { readonly of: "life"; readonly secrets: readonly string[]; readonly value: "ended" | "gone" }
  | { readonly of: "pause"; readonly value: boolean }
  /** Requests per minute. */
  | { readonly of: "limit"; readonly value: number };

/** A call that was made, and what it has to do. */
export interface Change {
  readonly kind: "change";
  readonly by: string;
  readonly keyId: string;
  readonly effect: Effect;
  readonly invoked: Instant;
  /** `null` without an answer: it takes effect at any time from when it was invoked, or never. */
  readonly returned: Instant | null;
  /** From when on no replica may answer from what was before; `null` without an answer. */
  readonly holdsFrom: Instant | null;
  /** What the service says it waited for, in milliseconds, where it does say so and that it holds everywhere. */
  readonly waitedMs: number | null;
}

/** A verification that was answered. */
export interface Used {
  readonly kind: "used";
  readonly keyId: string;
  readonly secret: string;
  readonly replica: string;
  readonly invoked: Instant;
  readonly returned: Instant;
  readonly answer: { readonly code: "VALID"; readonly limit: number } | { readonly code: RefusalCode };
}

export type Entry = Born | Change | Used;
