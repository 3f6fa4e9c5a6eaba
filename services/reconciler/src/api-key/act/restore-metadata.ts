import { isConflict, isNotFound, Secrets } from "@itsy/controller-runtime";

import { FIELD_MANAGER } from "../names.ts";
import { namespaceOf, targetNameOf, uidOf } from "../observed.ts";
import { wantedMetadata } from "../plan/secret-metadata.ts";
import { targetOf } from "../read-secrets.ts";
import { type Act, lookAgain } from "./context.ts";

/** Puts back what the Secret says of itself, on the very state that was observed. */
export const restoreMetadata: Act<"restoreMetadata"> = async (deps, { observed, signal }) => {
  const { kube, effects, record } = deps;
  const { target } = observed;
  const wanted = target === null ? null : wantedMetadata(observed, target);
  if (target === null || wanted === null) return lookAgain();
  const name = targetNameOf(observed);
  const { uid, resourceVersion } = target;
  const patch = { metadata: { name, uid, resourceVersion, ...wanted } };
  try {
    const stored = await effects.run("restoreMetadata", () =>
      kube.mergePatch(Secrets, { namespace: namespaceOf(observed), name }, patch, {
        fieldManager: FIELD_MANAGER,
        signal,
      }),
    );
    const note = `Labels and annotations of Secret "${name}" were not as declared and are again. Change them in spec.secret.`;
    record(observed.apiKey, { type: "Normal", reason: "SecretMetadataRestored", action: "Restore", note });
    const restored = targetOf(stored, { uid: uidOf(observed), dataKey: observed.spec.secret.key });
    return { ...observed, target: { ...restored, version: target.version } };
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return lookAgain();
    throw error;
  }
};
