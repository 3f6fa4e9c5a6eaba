import { targetNameOf } from "../observed.ts";
import { handledRequest } from "../rotate-request.ts";
import { contentOf } from "../target/content.ts";
import { keptPrevious } from "../target/previous.ts";
import { type Act, lookAgain } from "./context.ts";
import { putTarget, targetAfter } from "./write-target.ts";

/** Writes the target anew around the value that it has. @throws SecretRejectedError */
export const rewrite: Act<"rewrite"> = async (deps, { observed, signal }) => {
  const { target, view } = observed;
  if (target === null || target.value === null || target.version === null || view.key === null) return lookAgain();
  const { value, version, previousVersion } = target;
  const rotateHandled = handledRequest(observed, target);
  const previous = keptPrevious(observed, target);
  const published = { value, previous, revision: version.revision, keyId: view.key.keyId, rotateHandled };
  const content = contentOf(observed, published);
  const after = await targetAfter(observed, () =>
    deps.effects.run("rewrite", () => putTarget(deps, { observed, content, signal })),
  );
  if (after === null) return lookAgain();
  const isOnlyCleaned = previous === null && target.previous !== null;
  const note = isOnlyCleaned
    ? `The value before, which ends, was taken out of Secret "${targetNameOf(observed)}".`
    : `Secret "${targetNameOf(observed)}" was not as declared and is again; its value stayed.`;
  deps.record(observed.apiKey, { type: "Normal", reason: "SecretUpdated", action: "Rewrite", note });
  return { ...observed, target: { ...after, version, previousVersion }, isRewritten: true };
};
