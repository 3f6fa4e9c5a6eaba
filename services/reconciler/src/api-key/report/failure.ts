import { ItsyError } from "@itsy/client";
import { isForbidden, type KubeError } from "@itsy/controller-runtime";

import { redact } from "../../redact.ts";
import { grantCommand, missingRight } from "../../rights/grant-command.ts";
import { SecretRejectedError } from "../act/write-target.ts";
import { InvalidSpecError } from "../observe.ts";
import type { Finding, Reason } from "../plan/finding.ts";
import type { StoredApiKey } from "../resource.ts";

const stuck = (reason: Reason, message: string): Finding => ({
  reason,
  message,
  ready: "unchanged",
  progress: "stalled",
});

const retried = (reason: Reason, message: string): Finding => ({
  reason,
  message,
  ready: "unchanged",
  progress: "reconciling",
});

const unreachable = (apiKey: StoredApiKey): Finding => {
  const because = "The key service does not answer";
  if (apiKey.metadata.deletionTimestamp === undefined)
    return retried("ServiceUnreachable", `${because}; trying again. A key that was delivered goes on working.`);
  const { deletionPolicy } = apiKey.spec;
  const message = `${because}: deletion waits for it, so that the key does not ${
    deletionPolicy === "Retain" ? "stay bound to an ApiKey that is gone" : "outlive its ApiKey"
  }.`;
  return { reason: "ServiceUnreachable", message, ready: false, progress: "reconciling" };
};

/** The service does not say whether there is such a workspace. */
const forbidden = ({ metadata, spec }: StoredApiKey): Finding => {
  const allow = `Ask its operator to let it (clusters.allow), or check spec.workspace`;
  const because = `The key service does not let this cluster act for workspace "${spec.workspace}", or has none of that name`;
  if (metadata.deletionTimestamp === undefined) return stuck("ServiceForbidden", `${because}. ${allow}.`);
  const letGo = `kubectl -n ${metadata.namespace} patch apikey ${metadata.name} --type=merge -p '{"metadata":{"finalizers":null}}'`;
  return stuck(
    "ServiceForbidden",
    `${because}: deletion waits. ${allow}; or leave the key behind in the service: ${letGo}`,
  );
};

const ofService = ({ code, message }: ItsyError, apiKey: StoredApiKey): Finding => {
  const { workspace, project = "default" } = apiKey.spec;
  switch (code) {
    case "UNREACHABLE":
    case "UNAVAILABLE":
    case "INTERNAL":
    case "REQUEST_TIMEOUT":
      return unreachable(apiKey);
    case "TOO_MANY_REQUESTS":
      return retried("ServiceUnreachable", "The key service asks to call it less often; trying again.");
    case "UNAUTHENTICATED":
      return retried("TokenRefused", "The key service does not accept the reconciler's token (ITSY_TOKEN).");
    case "FORBIDDEN":
      return forbidden(apiKey);
    case "NOT_FOUND":
      return stuck("ServiceRefused", `The key service knows no project "${project}" in workspace "${workspace}".`);
    case "CONFLICT":
    case "INVALID_INPUT":
    case "ABOVE_MAXIMUM":
    case "KEY_LIMIT_REACHED":
    case "ALREADY_EXISTS":
    case "MANAGED_BY_CLUSTER":
    case "MALFORMED_BODY":
    case "METHOD_NOT_ALLOWED":
    case "PAYLOAD_TOO_LARGE":
    case "UNSUPPORTED_MEDIA_TYPE":
    // A code that a newer service has.
    default:
      return stuck("ServiceRefused", `The key service refuses this (${code}): ${redact(message)}`);
  }
};

const isMissingRight = /cannot \S+ resource "/;

const ofMissingRight = (message: string): Finding => {
  const command = grantCommand(message);
  const what = missingRight(message) ?? message;
  return stuck("MissingPermission", command === null ? what : `${what}. To grant it: ${command}`);
};

const isTerminating = (error: KubeError): boolean =>
  error.causes.some(({ reason }) => reason === "NamespaceTerminating");

const ofRefusal = (error: KubeError, { metadata }: StoredApiKey): Finding => {
  const message = redact(error.message);
  if (isTerminating(error))
    return retried(
      "NamespaceTerminating",
      `Namespace "${metadata.namespace}" is being deleted: nothing new is made in it.`,
    );
  return isMissingRight.test(message) ? ofMissingRight(message) : stuck("SecretRejected", message);
};

/**
 * What a failure means for the ApiKey; `null` when it says nothing about it (a conflict, an API server that does not
 * answer): then only trying again helps.
 */
export const findingOfFailure = (error: unknown, apiKey: StoredApiKey): Finding | null => {
  if (error instanceof ItsyError) return ofService(error, apiKey);
  if (error instanceof InvalidSpecError) return stuck("InvalidSpec", redact(error.message));
  if (error instanceof SecretRejectedError) return stuck("SecretRejected", redact(error.message));
  return isForbidden(error) ? ofRefusal(error, apiKey) : null;
};
