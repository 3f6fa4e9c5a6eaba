import { isConflict, isNotFound, nameOf } from "@itsy/controller-runtime";

import { FIELD_MANAGER, FINALIZER } from "../names.ts";
import { ApiKeys } from "../resource.ts";
import { namesToRecord, secretNamesAnnotation } from "../target/names.ts";
import { type Act, lookAgain } from "./context.ts";

const setFinalizers = async (
  { kube, effects }: Parameters<Act<"addFinalizer">>[0],
  { observed, signal }: Pick<Parameters<Act<"addFinalizer">>[1], "observed" | "signal">,
  change: {
    readonly name: "addFinalizer" | "removeFinalizer";
    readonly finalizers: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
  },
) => {
  const { apiKey } = observed;
  const { name, resourceVersion } = apiKey.metadata;
  const { name: effect, ...changed } = change;
  const patch = { metadata: { name, resourceVersion, ...changed } };
  try {
    return await effects.run(effect, () =>
      kube.mergePatch(ApiKeys, nameOf(apiKey), patch, { fieldManager: FIELD_MANAGER, signal }),
    );
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return null;
    throw error;
  }
};

const finalizersOf = ({ metadata }: { metadata: { finalizers?: readonly string[] } }) => metadata.finalizers ?? [];

export const addFinalizer: Act<"addFinalizer"> = async (deps, { observed, signal }) => {
  const finalizers = [...finalizersOf(observed.apiKey), FINALIZER];
  const names = namesToRecord(observed);
  const apiKey = await setFinalizers(
    deps,
    { observed, signal },
    {
      name: "addFinalizer",
      finalizers,
      // In the same write: the name is on record before anything lies under it.
      ...(names === null ? {} : { annotations: secretNamesAnnotation(names) }),
    },
  );
  return apiKey === null ? lookAgain() : { ...observed, apiKey };
};

export const removeFinalizer: Act<"removeFinalizer"> = async (deps, { observed, signal }) => {
  const finalizers = finalizersOf(observed.apiKey).filter((finalizer) => finalizer !== FINALIZER);
  const apiKey = await setFinalizers(deps, { observed, signal }, { name: "removeFinalizer", finalizers });
  return apiKey === null ? lookAgain() : { ...observed, apiKey };
};
