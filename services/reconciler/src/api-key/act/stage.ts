import { isAlreadyExists, type Secret, Secrets } from "@itsy/controller-runtime";

import { annotations, FIELD_MANAGER, managedByLabel, STAGED_DATA_KEY, stagingName } from "../names.ts";
import { namespaceOf, type Observed, targetNameOf, uidOf } from "../observed.ts";
import type { MintCause } from "../plan/decision.ts";
import { stagedOf } from "../read-secrets.ts";
import { encode } from "../secret-value.ts";
import { type Act, type ActDeps, lookAgain } from "./context.ts";
import { isLatest } from "./latest.ts";
import { ownerReference } from "./owned-secret.ts";

const stagingSecret = (observed: Observed, revision: number, secret: string): Secret => ({
  metadata: {
    name: stagingName(observed.apiKey.metadata.name, uidOf(observed)),
    namespace: namespaceOf(observed),
    labels: managedByLabel,
    annotations: { [annotations.revision]: String(revision) },
    ownerReferences: [ownerReference(observed.apiKey)],
  },
  type: "Opaque",
  immutable: true,
  data: { [STAGED_DATA_KEY]: encode(secret) },
});

const warnings: Partial<Record<MintCause, string>> = {
  SecretLost: "The value in the Secret is gone and cannot be had again; a new revision is made.",
  SecretTampered: "The value in the Secret is not the current one of this key; a new revision is made.",
  DeliveryExpired: "The published value was not confirmed before its deadline; a new revision is made.",
};

/**
 * The Secrets were read before the service was asked. Where the target changed in between, the two do not go together:
 * a value that somebody else has just published looks lost or tampered with. What is staged is carried on by everybody,
 * so that it must be asked for by the ApiKey as it is, too.
 */
const isOldNews = async (deps: Pick<ActDeps, "kube">, observed: Observed, signal: AbortSignal): Promise<boolean> => {
  const name = { namespace: namespaceOf(observed), name: targetNameOf(observed) };
  const [target, isAsObserved] = await Promise.all([
    deps.kube.get(Secrets, name, { signal }),
    isLatest(deps, observed, signal),
  ]);
  return !isAsObserved || target?.metadata.resourceVersion !== observed.target?.resourceVersion;
};

/** Lets the API server pick one value: the first create wins, everybody else reads that one. */
export const stage: Act<"stage"> = async (deps, { observed, action, signal }) => {
  const { kube, effects, generateSecret, record } = deps;
  const { revision, cause } = action;
  // With a first key there is nothing to be wrong about.
  if (cause !== "Created" && (await isOldNews(deps, observed, signal))) return lookAgain();
  const secret = stagingSecret(observed, revision, generateSecret({ environment: observed.spec.environment }));
  try {
    const stored = await effects.run("stage", () =>
      kube.create(Secrets, secret, { fieldManager: FIELD_MANAGER, signal }),
    );
    const note = warnings[cause];
    if (note !== undefined) record(observed.apiKey, { type: "Warning", reason: cause, action: "Mint", note });
    return { ...observed, staged: stagedOf(stored, uidOf(observed)) };
  } catch (error) {
    if (isAlreadyExists(error)) return lookAgain();
    throw error;
  }
};
