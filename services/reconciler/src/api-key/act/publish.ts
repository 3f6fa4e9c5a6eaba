import { isAlreadyExists, isConflict, isNotFound, KubeError, type Secret, Secrets } from "@itsy/controller-runtime";

import { FIELD_MANAGER } from "../names.ts";
import { namespaceOf, type Observed, targetNameOf, uidOf } from "../observed.ts";
import { isPublishable } from "../plan/delivery.ts";
import { targetOf } from "../read-secrets.ts";
import { targetMetadata } from "../target-metadata.ts";
import { type Act, type ActDeps, type ActionOf, lookAgain } from "./context.ts";
import { encode, ownerReference } from "./owned-secret.ts";

/** The API server (or an admission policy) does not take the Secret as it is described. */
export class SecretRejectedError extends Error {
  override readonly name = "SecretRejectedError";
}

const targetSecret = (observed: Observed, { staged, keyId, rotateHandled }: ActionOf<"publish">, value: string) => {
  const displayPrefix = staged.value?.displayPrefix ?? "";
  const facts = { revision: staged.revision, keyId, displayPrefix, rotateHandled };
  return {
    metadata: {
      name: targetNameOf(observed),
      ...targetMetadata(observed.spec, facts),
      ownerReferences: [ownerReference(observed.apiKey)],
    },
    data: { [observed.spec.secret.key]: encode(value) },
  };
};

/** Creates the target, or changes the very state of it that was observed. */
const write = (
  { kube }: Pick<ActDeps, "kube">,
  { observed, secret, signal }: { observed: Observed; secret: Secret; signal: AbortSignal },
) => {
  const namespace = namespaceOf(observed);
  const options = { fieldManager: FIELD_MANAGER, signal };
  const { target } = observed;
  if (target === null) {
    const created: Secret = { ...secret, type: "Opaque", metadata: { ...secret.metadata, namespace } };
    return kube.create(Secrets, created, options);
  }
  const { ownerReferences: _, ...metadata } = secret.metadata;
  const patch = { ...secret, metadata: { ...metadata, uid: target.uid, resourceVersion: target.resourceVersion } };
  return kube.mergePatch(Secrets, { namespace, name: secret.metadata.name }, patch, options);
};

const isInvalid = (error: unknown): error is KubeError => error instanceof KubeError && error.status === 422;

/**
 * Makes a registered value readable. The write asks for the very state of the target that was observed (or for its
 * absence), so that a reconciler that slept cannot put an older value over a newer one. Gives up when too much of the
 * deadline has passed since the value was registered.
 * @throws SecretRejectedError
 */
export const publish: Act<"publish"> = async (deps, { observed, action, signal }) => {
  const { effects, timers, deliverWithinMs } = deps;
  const { staged, registeredAtMs } = action;
  const { value, version } = staged;
  if (value === null) return lookAgain();
  const secret = targetSecret(observed, action, value.reveal());
  try {
    const stored = await effects.run("publish", async () => {
      if (registeredAtMs !== null && !isPublishable(registeredAtMs, timers.monotonicMs(), deliverWithinMs)) return null;
      return write(deps, { observed, secret, signal });
    });
    if (stored === null) return lookAgain();
    const target = targetOf(stored, { uid: uidOf(observed), dataKey: observed.spec.secret.key });
    return { ...observed, target: { ...target, version }, publishedAtMs: timers.monotonicMs() };
  } catch (error) {
    if (isAlreadyExists(error) || isConflict(error) || isNotFound(error)) return lookAgain();
    if (isInvalid(error)) throw new SecretRejectedError(error.message, { cause: error });
    throw error;
  }
};
