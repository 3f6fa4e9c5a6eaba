import type { LeakPolicy } from "@itsy/contract";

import type { Workspace } from "./entities.ts";

/**
 * Nothing that works stops on somebody else's word unless the workspace said so before: a scanner also reads private
 * places, and a key may carry a business.
 */
const LEAK_POLICY_DEFAULT: LeakPolicy = "notify";

export const leakPolicyOf = (workspace: Pick<Workspace, "leakPolicy">): LeakPolicy =>
  workspace.leakPolicy ?? LEAK_POLICY_DEFAULT;
