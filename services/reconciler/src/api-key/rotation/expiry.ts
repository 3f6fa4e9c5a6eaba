import { parseDuration } from "../../duration.ts";
import type { Observed } from "../observed.ts";
import type { ApiKeySpec } from "../schema/spec.ts";

type Declared = Pick<Observed, "apiKey" | "spec">;

/** On top of the overlap: a pod reads a changed Secret after 60 to 90 s, and a look may come late. */
const RENEW_MARGIN_MS = 300_000;

/** The longest that a version may work beside its successor. */
const overlapMaxMs = ({ rotation }: Pick<ApiKeySpec, "rotation">): number =>
  parseDuration(rotation.retireWhenUnused?.atMost ?? rotation.overlap);

/**
 * From when on a new version is delivered because `spec.expiresAt` comes; `null` where the key simply ends there. Early
 * enough for the whole overlap; with an expiry that was declared for sooner, after half of the time.
 */
export const renewalAtMs = ({ apiKey, spec }: Declared): number | null => {
  const { expiresAt, rotation } = spec;
  if (expiresAt === undefined || rotation.every === undefined || rotation.atExpiry === "End") return null;
  const expiresAtMs = Date.parse(expiresAt);
  const halfMs = (expiresAtMs - Date.parse(apiKey.metadata.creationTimestamp)) / 2;
  return expiresAtMs - Math.min(overlapMaxMs(spec) + RENEW_MARGIN_MS, Math.max(0, halfMs));
};

/**
 * The expiry that the key should have at the service. Where secrets are renewed, `spec.expiresAt` is for those that were
 * delivered before the renewal; the one delivered after it lives on.
 */
export const wantedExpiry = (declared: Declared, rotatedAt: string | null): string | null => {
  const { expiresAt } = declared.spec;
  if (expiresAt === undefined) return null;
  const renewedFromMs = renewalAtMs(declared);
  const isRenewed = renewedFromMs !== null && rotatedAt !== null && Date.parse(rotatedAt) >= renewedFromMs;
  return isRenewed ? null : new Date(expiresAt).toISOString();
};

/** How long the version before works once a new one is confirmed: never past the expiry that it was made for. */
export const overlapMs = (observed: Pick<Observed, "spec" | "view">): number => {
  const { spec, view } = observed;
  const expiresAt = view.key?.settings.expiresAt ?? null;
  if (expiresAt === null) return overlapMaxMs(spec);
  return Math.min(overlapMaxMs(spec), Math.max(0, Date.parse(expiresAt) - Date.parse(view.at)));
};
