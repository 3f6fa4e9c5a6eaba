import type { LeakPolicy } from "@itsy/contract";

import { assertNever } from "../assert-never.ts";
import { recordKey } from "../audit/record-key.ts";
import type { ApiKey } from "../entities.ts";
import type { Changing } from "../keys/change-key.ts";
import { pauseWithin } from "../keys/pause-key.ts";
import { revokeWithin } from "../keys/revoke-key.ts";
import { versionState } from "../keys/secret-version.ts";
import { leakPolicyOf } from "../leak-policy.ts";
import type { VerificationRecord } from "../ports.ts";
import { workspaceOf } from "../tenancy/key-limits.ts";
import type { Leak, LeakOutcome, Reporting } from "./reporting.ts";

const outcomes = { notify: "notified", pause: "paused", revoke: "revoked" } as const satisfies Record<
  LeakPolicy,
  LeakOutcome
>;

const apply = async (policy: LeakPolicy, changing: Changing): Promise<ApiKey> => {
  const { stores, key, now } = changing;
  switch (policy) {
    case "notify":
      return key;
    case "pause":
      return (await pauseWithin(changing)).after;
    case "revoke":
      return revokeWithin(stores, key, now);
    default:
      return assertNever(policy);
  }
};

/**
 * Does to a key what its workspace wants done, in the caller's transaction. A report that comes again marks nothing and
 * tells nothing anew, but the policy is applied again: whoever resumes a key should have rotated it before. It waits again
 * until what the policy wants holds everywhere.
 */
export const onLeakedKey = async (
  { stores, ids, actor, now }: Reporting,
  found: Pick<VerificationRecord, "workspaceId" | "keyId">,
  { digests, location }: Leak,
): Promise<LeakOutcome> => {
  const key = await stores.keys.findById(found.workspaceId, found.keyId);
  const version = await stores.versions.findByDigest(digests);
  if (key === null || version === null) return "ended";
  const policy = leakPolicyOf(await workspaceOf(stores, key.workspaceId));
  if (key.revokedAt !== null) {
    // Perhaps by this very report, whose answer was lost: whoever sends it again waits for the same.
    if (policy === "revoke") stores.keys.announce(key.id);
    return "ended";
  }
  if (versionState(version, now) === "ended") return "ended";
  // Not by what was read: another report of the same secret may be under way.
  const isNew = version.leakedAt === null && (await stores.versions.markLeaked(version.id, now));
  if (!isNew && policy !== "notify") stores.keys.announce(key.id);
  const after = await apply(policy, { stores, key, now });
  const isTold = isNew || after !== key;
  await recordKey(
    { ids, stores },
    { actor, action: "leaks.report", now },
    {
      before: key,
      after,
      ...(isTold && {
        beforeBeside: { leakedRevision: null, leakLocation: null },
        afterBeside: { leakedRevision: version.revision, leakLocation: location },
      }),
    },
  );
  return outcomes[policy];
};
