import { isPublishable } from "../plan/delivery.ts";
import { contentOf } from "../target/content.ts";
import { nextPrevious } from "../target/previous.ts";
import { type Act, lookAgain } from "./context.ts";
import { isLatest } from "./latest.ts";
import { putTarget, targetAfter } from "./write-target.ts";

/**
 * Makes a registered value readable. The write asks for the very state of the target that was observed (or for its
 * absence), so that a reconciler that slept cannot put an older value over a newer one. Gives up when too much of the
 * deadline has passed since the value was registered.
 * @throws SecretRejectedError
 */
export const publish: Act<"publish"> = async (deps, { observed, action, signal }) => {
  const { effects, timers, deliverWithinMs } = deps;
  const { staged, keyId, rotateHandled, registeredAtMs } = action;
  const { value, version, revision } = staged;
  if (value === null) return lookAgain();
  // With a value it says which request it answers. The first one changes none.
  if (revision > 1 && !(await isLatest(deps, observed, signal))) return lookAgain();
  const content = contentOf(observed, { value, previous: nextPrevious(observed), revision, keyId, rotateHandled });
  const target = await targetAfter(observed, () =>
    effects.run("publish", async () => {
      if (registeredAtMs !== null && !isPublishable(registeredAtMs, timers.monotonicMs(), deliverWithinMs)) return null;
      return putTarget(deps, { observed, content, signal });
    }),
  );
  if (target === null) return lookAgain();
  return { ...observed, target: { ...target, version }, publishedAtMs: timers.monotonicMs() };
};
