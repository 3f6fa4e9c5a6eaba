import {
  isAlreadyExists,
  isConflict,
  isNotFound,
  KubeError,
  type Secret,
  Secrets,
  type Stored,
} from "@itsy/controller-runtime";

import { FIELD_MANAGER } from "../names.ts";
import { namespaceOf, type Observed, targetNameOf, uidOf } from "../observed.ts";
import { targetOf } from "../read-secrets.ts";
import { contentChange, type TargetContent } from "../target/content.ts";
import type { ActDeps } from "./context.ts";
import { ownerReference } from "./owned-secret.ts";

/** The API server (or an admission policy) does not take the Secret as it is described. */
export class SecretRejectedError extends Error {
  override readonly name = "SecretRejectedError";
}

interface TargetWrite {
  readonly observed: Observed;
  readonly content: TargetContent;
  readonly signal: AbortSignal;
}

/** Creates the target, or changes the very state of it that was observed. */
export const putTarget = ({ kube }: Pick<ActDeps, "kube">, write: TargetWrite): Promise<Stored<Secret>> => {
  const { observed, content, signal } = write;
  const [namespace, name] = [namespaceOf(observed), targetNameOf(observed)];
  const options = { fieldManager: FIELD_MANAGER, signal };
  const { target } = observed;
  if (target === null) {
    const { labels, annotations, data } = content;
    const metadata = { name, namespace, labels, annotations, ownerReferences: [ownerReference(observed.apiKey)] };
    return kube.create<Secret>(Secrets, { metadata, type: "Opaque", data }, options);
  }
  const { data, ...marks } = contentChange(target, content) ?? {};
  const metadata = { name, uid: target.uid, resourceVersion: target.resourceVersion, ...marks };
  return kube.mergePatch(Secrets, { namespace, name }, { metadata, ...(data && { data }) }, options);
};

const isInvalid = (error: unknown): error is KubeError => error instanceof KubeError && error.status === 422;

/**
 * Runs a write of the target and says what lies there afterwards; `null` when it was not as observed any more, or when
 * the write gave up.
 * @throws SecretRejectedError
 */
export const targetAfter = async (
  observed: Observed,
  write: () => Promise<Stored<Secret> | null>,
): Promise<Observed["target"]> => {
  try {
    const stored = await write();
    if (stored === null) return null;
    const name = targetNameOf(observed);
    return targetOf(stored, { name, uid: uidOf(observed), dataKey: observed.spec.secret.key });
  } catch (error) {
    if (isAlreadyExists(error) || isConflict(error) || isNotFound(error)) return null;
    if (isInvalid(error)) throw new SecretRejectedError(error.message, { cause: error });
    throw error;
  }
};
