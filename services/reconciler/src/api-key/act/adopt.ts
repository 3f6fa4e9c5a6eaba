import { Secrets } from "@itsy/controller-runtime";

import { FIELD_MANAGER } from "../names.ts";
import { refreshView } from "../observe.ts";
import { namespaceOf, targetNameOf, uidOf } from "../observed.ts";
import { type Act, lookAgain } from "./context.ts";
import { ownerReference } from "./owned-secret.ts";
import { targetAfter } from "./write-target.ts";

/** Asks the service for the key whose value lies in an abandoned Secret: the value is the proof. */
export const adopt: Act<"adopt"> = async (deps, { observed, action, signal }) => {
  const { delivery, effects, record } = deps;
  const { workspace, project, environment } = observed.spec;
  const owner = { uid: uidOf(observed), namespace: namespaceOf(observed), name: observed.apiKey.metadata.name };
  const input = { owner, workspace, project, environment, secretSha256: action.sha256() };
  const result = await effects.run("adopt", () => delivery.adopt(input, { signal }));
  if (result.outcome === "refused") return { ...observed, isAdoptionRefused: true };
  const note = `Key ${result.keyId}, whose value is in Secret "${targetNameOf(observed)}", goes on with this ApiKey.`;
  record(observed.apiKey, { type: "Normal", reason: "Adopted", action: "Adopt", note });
  return refreshView(deps, observed, signal);
};

/** Makes this ApiKey the controller of an abandoned Secret, on the very state that was observed. */
export const takeOver: Act<"takeOver"> = async ({ kube, effects }, { observed, signal }) => {
  const { target, apiKey } = observed;
  if (target === null) return lookAgain();
  const name = targetNameOf(observed);
  const { uid, resourceVersion, owners } = target;
  const others = owners.filter(({ controller }) => controller !== true);
  const ownerReferences = [...others, ownerReference(apiKey)];
  const patch = { metadata: { name, uid, resourceVersion, ownerReferences } };
  const options = { fieldManager: FIELD_MANAGER, signal };
  const taken = await targetAfter(observed, () =>
    effects.run("takeOver", () => kube.mergePatch(Secrets, { namespace: namespaceOf(observed), name }, patch, options)),
  );
  if (taken === null) return lookAgain();
  const { version, previousVersion } = target;
  return { ...observed, target: { ...taken, version, previousVersion } };
};
