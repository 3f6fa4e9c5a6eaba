import { refreshView } from "../observe.ts";
import { uidOf } from "../observed.ts";
import type { Act } from "./context.ts";

/** Ends the version before, unless the service knows of a use that we have not seen. */
export const retire: Act<"retire"> = async (deps, { observed, action, signal }) => {
  const { delivery, effects, record } = deps;
  const { revision, idleForMs } = action;
  const input = { ownerUid: uidOf(observed), revision, idleForMs };
  const result = await effects.run("retire", () => delivery.retire(input, { signal }));
  if (result.outcome === "ended") {
    const note = `Revision ${revision} was not used for ${observed.spec.rotation.retireWhenUnused?.idleFor} and has ended.`;
    record(observed.apiKey, { type: "Normal", reason: "Retired", action: "Retire", note });
  }
  return refreshView(deps, observed, signal);
};
