import { assertNever } from "../../assert-never.ts";
import type { Observed } from "../observed.ts";
import type { Action } from "../plan/decision.ts";
import { adopt, takeOver } from "./adopt.ts";
import type { ActDeps, LookAgain } from "./context.ts";
import { dropPrevious } from "./drop-previous.ts";
import { dropStaging, dropTarget } from "./drop-secrets.ts";
import { addFinalizer, removeFinalizer } from "./finalizer.ts";
import { move } from "./move.ts";
import { propagate } from "./propagate.ts";
import { publish } from "./publish.ts";
import { recordNames } from "./record-names.ts";
import { register } from "./register.ts";
import { restart } from "./restart.ts";
import { retire } from "./retire.ts";
import { rewrite } from "./rewrite.ts";
import { configure, confirm, release, restrict } from "./service-calls.ts";
import { stage } from "./stage.ts";

/**
 * Carries out one action. Each is idempotent: after a crash, or when an answer was lost, it can be done again.
 */
export const act = (
  deps: ActDeps,
  { observed, action, signal }: { observed: Observed; action: Action; signal: AbortSignal },
): Promise<Observed | LookAgain> => {
  switch (action.type) {
    case "addFinalizer":
      return addFinalizer(deps, { observed, action, signal });
    case "stage":
      return stage(deps, { observed, action, signal });
    case "register":
      return register(deps, { observed, action, signal });
    case "publish":
      return publish(deps, { observed, action, signal });
    case "confirm":
      return confirm(deps, { observed, action, signal });
    case "dropStaging":
      return dropStaging(deps, { observed, action, signal });
    case "configure":
      return configure(deps, { observed, action, signal });
    case "restrict":
      return restrict(deps, { observed, action, signal });
    case "dropPrevious":
      return dropPrevious(deps, { observed, action, signal });
    case "move":
      return move(deps, { observed, action, signal });
    case "recordNames":
      return recordNames(deps, { observed, action, signal });
    case "rewrite":
      return rewrite(deps, { observed, action, signal });
    case "retire":
      return retire(deps, { observed, action, signal });
    case "propagate":
      return propagate(deps, { observed, action, signal });
    case "restart":
      return restart(deps, { observed, action, signal });
    case "adopt":
      return adopt(deps, { observed, action, signal });
    case "takeOver":
      return takeOver(deps, { observed, action, signal });
    case "dropTarget":
      return dropTarget(deps, { observed, action, signal });
    case "release":
      return release(deps, { observed, action, signal });
    case "removeFinalizer":
      return removeFinalizer(deps, { observed, action, signal });
    default:
      return assertNever(action);
  }
};
