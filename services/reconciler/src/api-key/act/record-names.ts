import { isConflict, isNotFound, nameOf } from "@itsy/controller-runtime";

import { FIELD_MANAGER } from "../names.ts";
import { ApiKeys } from "../resource.ts";
import { formerNames, secretNamesAnnotation } from "../target/names.ts";
import { type Act, lookAgain } from "./context.ts";

/** Says on the ApiKey under which names its Secrets may lie. */
export const recordNames: Act<"recordNames"> = async ({ kube, effects }, { observed, action, signal }) => {
  const { name, resourceVersion } = observed.apiKey.metadata;
  const patch = { metadata: { name, resourceVersion, annotations: secretNamesAnnotation(action.names) } };
  try {
    const apiKey = await effects.run("recordNames", () =>
      kube.mergePatch(ApiKeys, nameOf(observed.apiKey), patch, { fieldManager: FIELD_MANAGER, signal }),
    );
    const read = formerNames(observed);
    // Where names were forgotten, it is the turn of those that were not read.
    const isRead = formerNames({ ...observed, apiKey }).every((name) => read.includes(name));
    return isRead ? { ...observed, apiKey } : lookAgain();
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return lookAgain();
    throw error;
  }
};
