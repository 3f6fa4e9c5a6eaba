import { assertNever } from "../../assert-never.ts";
import { refreshView } from "../observe.ts";
import { namespaceOf, type Observed, type StagedSecret, uidOf, type Version } from "../observed.ts";
import { settingsOf } from "../settings.ts";
import { type Act, lookAgain } from "./context.ts";
import { dropStaging } from "./drop-secrets.ts";

const withVersion = (observed: Observed, staged: StagedSecret, version: Version): Observed => ({
  ...observed,
  staged: { ...staged, version },
});

/** Makes the staged value valid at the service, until confirmed or until its deadline. */
export const register: Act<"register"> = async (deps, { observed, action, signal }) => {
  const { delivery, effects, timers, deliverWithinMs } = deps;
  const { staged, replaceRevoked } = action;
  const { value, revision } = staged;
  if (value === null || value.displayPrefix === null) return lookAgain();
  const { workspace, project, environment } = observed.spec;
  const { name } = observed.apiKey.metadata;
  const input = {
    owner: { uid: uidOf(observed), namespace: namespaceOf(observed), name },
    workspace,
    project,
    environment,
    revision,
    deliverWithinMs,
    replaceRevoked,
    secretSha256: value.sha256(),
    displayPrefix: value.displayPrefix,
    settings: settingsOf(observed),
  };
  const sentAtMs = timers.monotonicMs();
  const result = await effects.run("register", () => delivery.register(input, { signal }));
  switch (result.outcome) {
    case "registered": {
      const registered = {
        ...withVersion(observed, staged, { revision, state: "pending" }),
        registration: { revision, sha256: value.sha256, keyId: result.keyId, sentAtMs },
      };
      // A new key in place of a revoked one: nothing that is known of the old one holds for it.
      return replaceRevoked ? refreshView(deps, registered, signal) : registered;
    }
    case "confirmed":
      return lookAgain();
    case "superseded":
    case "expired":
    case "revoked":
    case "released":
      // Dead for good. It goes first, so that looking again does not find it.
      await dropStaging(deps, { observed, action: { type: "dropStaging", staged }, signal });
      return lookAgain(revision);
    default:
      return assertNever(result);
  }
};
