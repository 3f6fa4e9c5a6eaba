import { targetNameOf } from "../observed.ts";
import { handledRequest } from "../rotate-request.ts";
import { contentOf } from "../target/content.ts";
import { keptPrevious } from "../target/previous.ts";
import { type Act, lookAgain } from "./context.ts";
import { putTarget, targetAfter } from "./write-target.ts";

/** Writes the current value, which lies in a Secret of a former name, into the declared one. @throws SecretRejectedError */
export const move: Act<"move"> = async (deps, { observed, action: { from }, signal }) => {
  const { value, version } = from;
  const rotateHandled = handledRequest(observed, from);
  const { key } = observed.view;
  if (value === null || version === null || key === null) return lookAgain();
  const previous = keptPrevious(observed, from);
  const published = { value, previous, revision: version.revision, keyId: key.keyId, rotateHandled };
  const content = contentOf(observed, published);
  const target = await targetAfter(observed, () =>
    deps.effects.run("move", () => putTarget(deps, { observed, content, signal })),
  );
  if (target === null) return lookAgain();
  const note = `Revision ${version.revision} is in Secret "${targetNameOf(observed)}" now; "${from.name}" stays for rotation.overlap at most.`;
  deps.record(observed.apiKey, { type: "Normal", reason: "SecretMoved", action: "Move", note });
  const after = { ...target, version, previousVersion: previous === null ? null : from.previousVersion };
  return { ...observed, target: after, publishedAtMs: deps.timers.monotonicMs() };
};
