import { isConflict, isForbidden, Secrets } from "@itsy/controller-runtime";

import { isDeleted, namespaceOf, type Observed, type TargetSecret } from "../observed.ts";
import { type Act, lookAgain } from "./context.ts";

/** The namespace goes with all its Secrets; whatever gave the right to delete them may have gone first. */
const goesWithNamespace = (observed: Observed, error: unknown): boolean =>
  isForbidden(error) && observed.isNamespaceTerminating && isDeleted(observed);

/** Deletes this very staging Secret, and not one that took its name since. */
export const dropStaging: Act<"dropStaging"> = async ({ kube, effects }, { observed, action, signal }) => {
  const { name, uid, revision, version } = action.staged;
  const namespace = namespaceOf(observed);
  try {
    await effects.run("dropStaging", () => kube.delete(Secrets, { namespace, name }, { uid, signal }));
  } catch (error) {
    if (isConflict(error)) return lookAgain();
    if (!goesWithNamespace(observed, error)) throw error;
  }
  const spentRevision = Math.max(observed.spentRevision, version?.state === "ended" ? revision : 0);
  return { ...observed, spentRevision, staged: null };
};

/** Explicitly: garbage collection by owner reference would do it too, but after the finalizer, and not everywhere. */
export const dropTarget: Act<"dropTarget"> = async ({ kube, effects }, { observed, action: { name, uid }, signal }) => {
  try {
    await effects.run("dropTarget", () =>
      kube.delete(Secrets, { namespace: namespaceOf(observed), name }, { uid, signal }),
    );
  } catch (error) {
    if (isConflict(error)) return lookAgain();
    if (!goesWithNamespace(observed, error)) throw error;
  }
  const isOther = (secret: TargetSecret): boolean => secret.uid !== uid;
  const target = observed.target !== null && isOther(observed.target) ? observed.target : null;
  return { ...observed, target, formers: observed.formers.filter(isOther) };
};
