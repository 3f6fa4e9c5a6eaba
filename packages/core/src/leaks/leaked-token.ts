import { isTokenLive } from "../access/authenticate.ts";
import { tokenFacts } from "../audit/facts.ts";
import { record } from "../audit/record.ts";
import { leakPolicyOf } from "../leak-policy.ts";
import { workspaceOf } from "../tenancy/key-limits.ts";
import { actionOnToken } from "./action-on-token.ts";
import type { Leak, LeakOutcome, Reporting } from "./reporting.ts";

/** Ends a management token that was found, or marks it, in the caller's transaction. */
export const onLeakedToken = async (
  { stores, ids, actor, now }: Reporting,
  { digests, location }: Leak,
): Promise<LeakOutcome> => {
  const token = await stores.tokens.findByDigest(digests);
  if (token === null) return "unknown";
  if (!isTokenLive(token, { now: () => now })) {
    // Perhaps by this very report, whose answer was lost: it changes nothing, and waits for the same.
    if (token.revokedAt !== null) await stores.tokens.revoke(token.id, token.revokedAt);
    return "ended";
  }
  const { id, role, workspaceId } = token;
  const policy = workspaceId === null ? null : leakPolicyOf(await workspaceOf(stores, workspaceId));
  const isRevoked = actionOnToken(role, policy) === "revoke";
  // Not by what was read: another report of the same token may be under way, and tell of it.
  const isNew = token.leakedAt === null && (await stores.tokens.markLeaked(id, now));
  const isEnded = isRevoked && (await stores.tokens.revoke(id, now));
  if (!isNew && !isEnded) return isRevoked ? "revoked" : "notified";
  await record(
    { ids, stores },
    { actor, action: "leaks.report", now },
    {
      workspaceId,
      target: { type: "token", id },
      before: { ...tokenFacts(token), leakLocation: null },
      after: {
        ...tokenFacts({ ...token, leakedAt: token.leakedAt ?? now, ...(isRevoked && { revokedAt: now }) }),
        leakLocation: location,
      },
    },
  );
  return isRevoked ? "revoked" : "notified";
};
