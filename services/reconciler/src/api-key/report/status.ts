import type { Observed } from "../observed.ts";
import type { Finding } from "../plan/finding.ts";
import type { StoredApiKey } from "../resource.ts";
import { revocationOf, rotateRequest } from "../rotate-request.ts";
import { nextRotationAt } from "../rotation/schedule.ts";
import type { ApiKeyStatus } from "../schema/status.ts";
import { followedAfter } from "../workloads/follow-up.ts";
import { conditionsOf, withWarnings } from "./conditions.ts";
import { warningsOf } from "./warnings.ts";

const generationOf = ({ metadata }: StoredApiKey): number => metadata.generation ?? 0;

// As metav1.Time has it, and enough for people.
const wholeSeconds = (instant: Date | null): string | undefined =>
  instant === null ? undefined : `${instant.toISOString().slice(0, 19)}Z`;

/** Where the value lies: also where it is still under a former name. */
const bindingOf = ({ target, formers }: Observed): ApiKeyStatus["binding"] => {
  const held = [target, ...formers].find((secret) => secret?.isOurs);
  return held ? { name: held.name } : undefined;
};

/** Only where somebody asked for it: the count changes all the time. */
const retiringOf = ({ spec, view: { key } }: Observed): ApiKeyStatus["retiring"] => {
  if (spec.rotation.retireWhenUnused === undefined || !key?.retiring) return undefined;
  const { revision, accepted, lastUsedAt } = key.retiring;
  return { revision, acceptedRequests: accepted, ...(lastUsedAt === null ? {} : { lastUsedAt }) };
};

/** The status after a complete look. `undefined` fields are absent. */
export const statusOf = (observed: Observed, finding: Finding, now: Date): ApiKeyStatus => {
  const { apiKey, target, view } = observed;
  const { key } = view;
  const generation = generationOf(apiKey);
  const context = { existing: apiKey.status?.conditions ?? [], generation, now };
  const isOurs = target !== null && target.isOurs;
  return {
    observedGeneration: generation,
    conditions: [...withWarnings(conditionsOf(finding, context), warningsOf(observed), context)],
    keyId: key?.keyId,
    displayPrefix: key?.displayPrefix ?? undefined,
    revision: key !== null && key.revision > 0 ? key.revision : undefined,
    binding: bindingOf(observed),
    lastRotatedAt: key?.rotatedAt ?? undefined,
    nextRotationAt: wholeSeconds(nextRotationAt(observed)),
    expiresAt: key?.settings.expiresAt ?? undefined,
    retiringUntil: key?.retiringUntil ?? undefined,
    retiring: retiringOf(observed),
    propagatedRevision: followedAfter(observed, "propagatedRevision"),
    restartedRevision: followedAfter(observed, "restartedRevision"),
    revocation: revocationOf(observed),
    lastHandledRotateRequest: (isOurs ? target.rotateHandled : null) ?? apiKey.status?.lastHandledRotateRequest,
  };
};

/** The status after a look that failed: what was known stays, only the conditions say something new. */
export const statusAfterFailure = (apiKey: StoredApiKey, finding: Finding, now: Date): ApiKeyStatus => {
  const existing = apiKey.status?.conditions ?? [];
  const generation = generationOf(apiKey);
  return { ...apiKey.status, conditions: [...conditionsOf(finding, { existing, generation, now })] };
};

/**
 * Whether a failure that passes by itself is worth a word: not while everything that was asked for was done. The key
 * in the Secret goes on working without the reconciler, so its condition does not flap with the service's health.
 */
export const isWorthReporting = (apiKey: StoredApiKey, { progress, ready }: Finding): boolean => {
  if (progress !== "reconciling" || ready !== "unchanged") return true;
  const { metadata, status } = apiKey;
  const readyNow = status?.conditions?.find(({ type }) => type === "Ready");
  const isDone = readyNow?.status === "True" && readyNow.observedGeneration === generationOf(apiKey);
  const request = rotateRequest({ apiKey });
  const isAsked = request !== null && request !== status?.lastHandledRotateRequest;
  return !isDone || isAsked || metadata.deletionTimestamp !== undefined;
};
