import type { LeakPolicy, Role } from "@itsy/contract";

import type { Workspace } from "../entities.ts";

/**
 * Nothing that works stops on somebody else's word unless the workspace said so before: a scanner also reads private
 * places, and a key may carry a business.
 */
const LEAK_POLICY_DEFAULT: LeakPolicy = "notify";

export const leakPolicyOf = (workspace: Pick<Workspace, "leakPolicy">): LeakPolicy =>
  workspace.leakPolicy ?? LEAK_POLICY_DEFAULT;

/**
 * A management token that was found is revoked, since whoever has it may make keys, read names or deliver secrets; one
 * of a workspace does not outlive its policy either. Only a token that can do nothing but verify follows the policy:
 * it opens little, and without it every request of its owner's API is refused.
 * @param policy of its workspace; `null`: it belongs to the installation
 */
export const actionOnToken = (role: Role, policy: LeakPolicy | null): "notify" | "revoke" =>
  role === "verifier" && policy === "notify" ? "notify" : "revoke";
