import type { LeakPolicy, Role } from "@itsy/contract";

/**
 * A management token that was found is revoked, since whoever has it may make keys, read names or deliver secrets; one
 * of a workspace does not outlive its policy either. Only a token that can do nothing but verify follows the policy:
 * it opens little, and without it every request of its owner's API is refused.
 * @param policy of its workspace; `null`: it belongs to the installation
 */
export const actionOnToken = (role: Role, policy: LeakPolicy | null): "notify" | "revoke" =>
  role === "verifier" && policy === "notify" ? "notify" : "revoke";
