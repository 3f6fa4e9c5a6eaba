import { annotations } from "../names.ts";
import type { StoredApiKey } from "../resource.ts";
import { pendingRotateRequest, unansweredRequest } from "../rotate-request.ts";
import { wantedExpiry } from "../rotation/expiry.ts";
import { settingsDiffer, settingsOf } from "../settings.ts";
import { act, type Check } from "./decision.ts";
import { stalled } from "./finding.ts";
import { settleWith } from "./settle.ts";

const askForRotation = ({ metadata }: StoredApiKey): string =>
  `kubectl -n ${metadata.namespace} annotate apikey ${metadata.name} ${annotations.rotateRequestedAt}=$(date -Is) --overwrite`;

/** Somebody deleted the key there. Final, and said apart from a release, since it was no act of the cluster. */
export const deletedOutOfBand: Check = (observed, context) => {
  const { key, released: isReleased } = observed.view;
  const keyId = observed.apiKey.status?.keyId;
  if (!isReleased || key !== null || keyId === undefined) return null;
  const message = `Key ${keyId} was deleted in the service. Delete this ApiKey and create it again to get a new key.`;
  return settleWith(observed, context, stalled("DeletedOutOfBand", message));
};

/** Released before, by a deletion that somebody else saw. Final. */
export const released: Check = (observed, context) => {
  if (!observed.view.released) return null;
  const message = "The key of this ApiKey was released before. Delete the ApiKey and create it again.";
  return settleWith(observed, context, stalled("Released", message));
};

/** What a person ended stays ended until a person asks for a new one. */
export const revokedOutOfBand: Check = (observed, context) => {
  const { key } = observed.view;
  if (key?.status !== "revoked" || pendingRotateRequest(observed) !== null) return null;
  const isTooOld = unansweredRequest(observed) !== null;
  const older = isTooOld ? " A rotate request from before this was noticed does not undo it." : "";
  const message = `Key ${key.keyId} was revoked in the service.${older} To make a new key in its place: ${askForRotation(observed.apiKey)}`;
  return settleWith(observed, context, stalled("RevokedOutOfBand", message));
};

/** The manifest's settings, where the service has others. */
export const settingsDrift: Check = (observed) => {
  const { key } = observed.view;
  if (key === null || key.status === "revoked") return null;
  return settingsDiffer(settingsOf(observed), key.settings, key.pausedByPerson) ? act({ type: "configure" }) : null;
};

/** Nothing is minted for a key that has expired, be it the first time. By the service's clock: it is the one that refuses. */
export const expired: Check = (observed, context) => {
  const expiresAt = wantedExpiry(observed, observed.view.key?.rotatedAt ?? null);
  if (expiresAt === null) return null;
  const isAhead = Date.parse(expiresAt) > Date.parse(observed.view.at) && observed.view.key?.status !== "expired";
  if (isAhead) return null;
  const message = `spec.expiresAt (${observed.spec.expiresAt}) has passed. Move it into the future to use the key again.`;
  return settleWith(observed, context, stalled("Expired", message));
};

/** A person's pause stands; new secrets are made only when a person asks. */
export const pausedOutOfBand: Check = (observed, context) => {
  const { key } = observed.view;
  if (key?.pausedByPerson !== true || pendingRotateRequest(observed) !== null) return null;
  const message = `Key ${key.keyId} was paused in the service, not by this manifest. Resume it there.`;
  return settleWith(observed, context, stalled("PausedOutOfBand", message));
};
