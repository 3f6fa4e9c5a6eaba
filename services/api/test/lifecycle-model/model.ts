import type { RefusalCode } from "@itsy/contract";

export const MINUTE_MS = 60_000;

interface ModelSecret {
  readonly text: string;
  /** `null`: current. */
  endsMs: number | null;
}

export interface ModelKey {
  readonly id: string;
  readonly project: string;
  name: string;
  requestsPerMinute: number;
  owner: string | null;
  metadata: Record<string, string>;
  expiresMs: number | null;
  permissions: string[];
  ipRules: string[];
  paused: boolean;
  revoked: boolean;
  deleted: boolean;
  revision: number;
  secrets: ModelSecret[];
}

/** What the service promises, in the fewest words. */
export interface Model {
  nowMs: number;
  readonly keys: ModelKey[];
  /** Names by slug, but for the project that comes with the workspace. */
  readonly projects: Map<string, string>;
}

/** What every question of this test asks. */
export const PERMISSION = "files:read";
export const IP = "192.0.2.1";
/** Which of the sets below hold it. */
const permitting: ReadonlySet<string> = new Set(["files:*", "files:read", "*"]);
const including: ReadonlySet<string> = new Set(["192.0.2.0/24", "0.0.0.0/0"]);

/** What `verify` must say of a secret; `null`: it is accepted. */
export const refusal = (model: Model, key: ModelKey, secret: ModelSecret): RefusalCode | null => {
  if (key.deleted) return "NOT_FOUND";
  if (key.revoked || (secret.endsMs !== null && secret.endsMs <= model.nowMs)) return "REVOKED";
  if (key.paused) return "PAUSED";
  if (key.expiresMs !== null && key.expiresMs <= model.nowMs) return "EXPIRED";
  if (key.ipRules.length > 0 && !key.ipRules.some((rule) => including.has(rule))) return "FORBIDDEN";
  return key.permissions.some((permission) => permitting.has(permission)) ? null : "INSUFFICIENT_PERMISSIONS";
};

/** Where keys are created once it is there, and in `default` before. */
export const SOME_PROJECT = "p0";

type NewKey = Pick<ModelKey, "id" | "name" | "project" | "expiresMs"> & { readonly secret: string };

export const newKey = ({ secret, ...given }: NewKey): ModelKey => ({
  ...given,
  requestsPerMinute: 10_000,
  owner: null,
  metadata: {},
  permissions: ["files:*"],
  ipRules: [],
  paused: false,
  revoked: false,
  deleted: false,
  revision: 1,
  secrets: [{ text: secret, endsMs: null }],
});

export const addCurrent = (key: ModelKey, text: string): void => {
  key.secrets.push({ text, endsMs: null });
  key.revision += 1;
};

/** What an idempotency key that is presented again does: a fresh secret in place of the one that nobody used. */
export const replaceCurrent = (key: ModelKey, fresh: string): void => {
  for (const secret of key.secrets) secret.endsMs ??= 0;
  addCurrent(key, fresh);
};

export const statusOf = (model: Model, key: ModelKey) => {
  if (key.revoked) return "revoked";
  if (key.expiresMs !== null && key.expiresMs <= model.nowMs) return "expired";
  return key.paused ? "paused" : "active";
};
