import { type Secret, Secrets } from "@itsy/controller-runtime";

import { FIELD_MANAGER } from "../names.ts";
import { namespaceOf } from "../observed.ts";
import { PREVIOUS_SUFFIX } from "../template.ts";
import { type Act, lookAgain } from "./context.ts";
import { targetAfter } from "./write-target.ts";

/** Takes the value before out of the very target that was observed. @throws SecretRejectedError */
export const dropPrevious: Act<"dropPrevious"> = async (deps, { observed, signal }) => {
  const { target } = observed;
  if (target === null) return lookAgain();
  const { name, uid, resourceVersion, dataKey, version } = target;
  const data = { [dataKey + PREVIOUS_SUFFIX]: null };
  const patch = { metadata: { name, uid, resourceVersion }, data };
  const options = { fieldManager: FIELD_MANAGER, signal };
  const after = await targetAfter(observed, () =>
    deps.effects.run("rewrite", () =>
      deps.kube.mergePatch<Secret>(Secrets, { namespace: namespaceOf(observed), name }, patch, options),
    ),
  );
  if (after === null) return lookAgain();
  const note = `The value before, which ends, was taken out of Secret "${name}".`;
  deps.record(observed.apiKey, { type: "Normal", reason: "SecretUpdated", action: "Rewrite", note });
  return { ...observed, target: { ...after, version } };
};
